"""Calling back with a real database: asked once, taken once, dialled once; what comes back changes the row once."""

from __future__ import annotations

import itertools
import os
import queue
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from agi.ami import Event, Manager
from agi.call_back_dialler import Dialler
from agi.call_backs import CallBacks
from agi.desk import Desk
from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.numbering import Numbering
from agi.rebuild import CelRow
from agi.routing import Routing
from callcenter.bootstrap import unit_of_work_factory
from callcenter.db import migrate
from callcenter.db.deadline import DatabaseUnavailable
from callcenter.db.engine import create_engine
from callcenter.domain.call_backs import (
    FRESH,
    BadNumber,
    CallBack,
    NoNumber,
    NumberBarred,
    Outcome,
    State,
    Step,
)
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.policy import RuleBook
from callcenter.domain.tickets import EventKind, NotAllowed, Status
from callcenter.domain.transcripts import Purpose
from callcenter.runtime.postgres import temporary_postgres
from callcenter.services import tickets
from callcenter.services.call_backs import (
    CallBackUnderWay,
    NotYourTicket,
    give_waiting_answer,
    list_call_backs,
    request_call_back,
    take_requests,
)
from callcenter.services.calls import apply_events
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.desk import LI, NOW, WANG, Seeder, add_people, form

MANAGER = Person(extension="104", name="陈国强")
BARRED = frozenset({"110"})
_POSITIONS = itertools.count(1)


def open_ticket(
    open_work: UowFactory, folder: Path, *, phone: str | None = "138 0013 8000", at: datetime = NOW
) -> str:
    """An open ticket of 101 with its contact's number."""
    with open_work() as work:
        if not work.staff.exists():
            add_people(work, at - timedelta(days=1))
        seeder = Seeder(work, folder)
        seeder._position = 10 * next(_POSITIONS)  # another seeder's events are there already
        number = seeder.answered(f"1763600001.{next(_POSITIONS)}", at - timedelta(hours=1), WANG)
        filled = replace(form("孩子的成绩单什么时候可以取。"), contact_phone=phone)
        tickets.save_form(work, number=number, form=filled, actor=WANG, now=at - timedelta(minutes=50))
        work.commit()
    return number


def ask(open_work: UowFactory, number: str, who: Person = WANG, at: datetime = NOW) -> CallBack:
    with open_work() as work:
        asked = request_call_back(work, number, who, at, barred=BARRED)
        work.commit()
    return asked


def take(open_work: UowFactory, at: datetime = NOW) -> CallBack:
    with open_work() as work:
        (order,) = take_requests(work, node=1, now=at)
        work.commit()
    return order.call_back


def event(of: CallBack, step: Step, after_s: float, **data: str | int | float | bool | None) -> CallEvent:
    return CallEvent(
        linkedid=str(of.linkedid),
        at=NOW + timedelta(seconds=after_s),
        kind=Kind.CALL_BACK,
        data={"call_back": of.id, "step": step.value, **data},
    )


def talk(of: CallBack, digit: str | None = "1") -> list[CallEvent]:
    """A talk of a minute."""
    events = [
        event(of, Step.STARTED, 0),
        event(of, Step.ANSWERED, 3),
        event(of, Step.REACHED, 10),
        event(of, Step.TALKED, 12),
        event(of, Step.ENDED, 70, path=f"talk-{of.id}.wav", seconds=60.0, language="zh"),
    ]
    return [*events, event(of, Step.RATED, 75, digit=digit)] if digit else events


class Node:
    """A journal's way to the database."""

    def __init__(self, open_work: UowFactory) -> None:
        self._open_work = open_work
        self._written: list[tuple[int, CallEvent]] = []

    def drain(self, *events: CallEvent) -> None:
        """Apply them, and whatever came before once more."""
        self._written += [(len(self._written) + 1, each) for each in events]
        with self._open_work() as work:
            apply_events(work, node=9, events=self._written)
            work.commit()


@pytest.fixture
def node(uow_factory: UowFactory) -> Node:
    return Node(uow_factory)


def log_of(open_work: UowFactory, number: str) -> Sequence[str]:
    with open_work() as work:
        return [entry.kind for entry in work.tickets.events(number)]


@pytest.mark.rule("H40")
def test_a_talk_is_on_the_ticket_once(uow_factory: UowFactory, node: Node, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    asked = ask(uow_factory, number)
    assert (asked.number, asked.extension, asked.state) == ("13800138000", "101", State.REQUESTED)
    taken = take(uow_factory)
    for each in talk(taken):
        node.drain(each)
    node.drain()
    with uow_factory() as work:
        (done,) = list_call_backs(work, number, NOW).items
        (recording,) = work.transcripts.of_call(str(done.linkedid))
        calls = work.calls.list()[0]
    assert (done.state, done.outcome, done.digit) == (State.ENDED, Outcome.REACHED, "1")
    assert (done.talk_ms, done.greeting_ms) == (60000, 2000)
    assert (recording.recording.ticket, recording.recording.purpose) == (number, Purpose.CALL_BACK)
    assert log_of(uow_factory, number).count(EventKind.CALLED_BACK) == 1
    assert taken.linkedid not in {call.linkedid for call in calls}


@pytest.mark.rule("H32", "H41", "T20")
@pytest.mark.parametrize(("digit", "status"), [("1", Status.RESOLVED), ("3", Status.OPEN)])
def test_the_key_becomes_the_satisfaction_of_a_solved_ticket(
    uow_factory: UowFactory, node: Node, tmp_path: Path, digit: str, status: Status
) -> None:
    number = open_ticket(uow_factory, tmp_path)
    with uow_factory() as work:
        tickets.resolve(work, number, "已告知周五可取。", WANG, NOW)
        work.commit()
    ask(uow_factory, number)
    node.drain(*talk(take(uow_factory), digit))
    node.drain()
    with uow_factory() as work:
        view = tickets.get_ticket(work, number, NOW)
        (done,) = work.call_backs.of_ticket(number)
    assert done.satisfaction == view.ticket.satisfaction is not None
    assert view.ticket.status is status
    assert log_of(uow_factory, number).count(EventKind.SATISFACTION_GIVEN) == 1


@pytest.mark.rule("H32", "T20")
def test_a_key_pressed_before_the_ticket_is_solved_waits_for_it(
    uow_factory: UowFactory, node: Node, tmp_path: Path
) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number)
    node.drain(*talk(take(uow_factory), "3"))
    with uow_factory() as work:
        assert give_waiting_answer(work, number, NOW) is None, "still open"
        ticket = tickets.resolve(work, number, "已告知。", WANG, NOW + timedelta(minutes=3))
        assert give_waiting_answer(work, number, NOW) is None, "once"
        work.commit()
    assert (ticket.satisfaction, ticket.status) == ("not_satisfied", Status.OPEN)
    with uow_factory() as work:
        assert tickets.get_ticket(work, number, NOW).ticket.status is Status.OPEN
        again = tickets.resolve(work, number, "再次告知。", WANG, NOW + timedelta(minutes=9))
    assert again.status is Status.RESOLVED, "the answer of before is not given twice"


@pytest.mark.parametrize(
    ("phone", "error"),
    [
        (None, NoNumber),
        ("110", NumberBarred),
        ("8000", NumberBarred),
        ("12", BadNumber),
        ("call me", BadNumber),
    ],
)
def test_refused_before_any_phone_rings(
    uow_factory: UowFactory, tmp_path: Path, phone: str | None, error: type[Exception]
) -> None:
    number = open_ticket(uow_factory, tmp_path, phone=phone)
    with pytest.raises(error):
        ask(uow_factory, number)
    with uow_factory() as work:
        assert work.call_backs.of_ticket(number) == []


def test_who_may(uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    with pytest.raises(NotYourTicket):
        ask(uow_factory, number, LI)
    assert ask(uow_factory, number, MANAGER).extension == "104"


def test_a_dismissed_ticket_has_nobody_to_call(uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    with uow_factory() as work:
        tickets.dismiss(work, number, "打错了", WANG, NOW)
        work.commit()
    with pytest.raises(NotAllowed):
        ask(uow_factory, number)


def test_one_at_a_time(uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number)
    with pytest.raises(CallBackUnderWay):
        ask(uow_factory, number, MANAGER, NOW + timedelta(seconds=29))
    # nobody took it: after that it is as if it had never been asked
    ask(uow_factory, number, MANAGER, NOW + FRESH)


def test_two_clicks_in_one_instant_are_one_call(uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    refused: list[bool] = []
    ready = threading.Barrier(2)

    def click() -> None:
        ready.wait()
        try:
            ask(uow_factory, number)
            refused.append(False)
        except CallBackUnderWay:
            refused.append(True)

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert sorted(refused) == [False, True]


def test_a_request_is_taken_once_and_only_while_fresh(uow_factory: UowFactory, tmp_path: Path) -> None:
    first, second = (open_ticket(uow_factory, tmp_path, at=NOW + timedelta(days=n)) for n in range(2))
    with uow_factory() as work:
        request_call_back(work, first, WANG, NOW, barred=BARRED)
        request_call_back(work, second, MANAGER, NOW + timedelta(seconds=1), barred=BARRED)
        work.commit()
    with uow_factory() as one, uow_factory() as other:
        orders = take_requests(one, node=1, now=NOW + FRESH)
        assert take_requests(other, node=2, now=NOW + FRESH) == [], (
            "another desk passes over what is being taken"
        )
        one.commit()
    assert [order.call_back.ticket for order in orders] == [second]
    assert orders[0].digits.startswith("123")
    with uow_factory() as work:
        assert take_requests(work, node=1, now=NOW + FRESH) == []
        (stale,) = work.call_backs.of_ticket(first)
    assert (stale.outcome, stale.reason) == (Outcome.FAILED, "stale")


@pytest.mark.parametrize(
    ("rang", "lasts"), [(False, timedelta(minutes=2)), (True, timedelta(hours=4))], ids=["unseen", "seen"]
)
def test_an_attempt_whose_end_is_lost_ends_all_the_same(
    uow_factory: UowFactory, node: Node, tmp_path: Path, rang: bool, lasts: timedelta
) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number)
    taken = take(uow_factory)
    if rang:
        node.drain(event(taken, Step.STARTED, 0), event(taken, Step.RANG, 1))
    with uow_factory() as work:
        take_requests(work, node=1, now=NOW + lasts - timedelta(seconds=1))
        assert work.call_backs.of_ticket(number)[0].outcome is None
        take_requests(work, node=1, now=NOW + lasts)
        work.commit()
        (lost,) = work.call_backs.of_ticket(number)
    assert (lost.outcome, lost.reason) == (Outcome.FAILED, "lost")


def test_the_next_attempt_is_proposed(uow_factory: UowFactory, node: Node, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number)
    taken = take(uow_factory)
    node.drain(
        event(taken, Step.STARTED, 0),
        event(taken, Step.ANSWERED, 3),
        event(taken, Step.DIALLED, 40, outcome="no_answer"),
        event(taken, Step.ENDED, 43),
    )
    with uow_factory() as work:
        listed = list_call_backs(work, number, NOW + timedelta(minutes=1))
        due_at = tickets.get_ticket(work, number, NOW).ticket.due_at
    assert listed.next_at is not None
    assert due_at is not None
    assert NOW + timedelta(minutes=30) <= listed.next_at < due_at


# ---- the desk: real journal, real manager client, a fake Asterisk -------------------------------------------------


class FakeAsterisk:
    """The manager port: says yes to everything, and keeps what it was asked apart from pings."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self._actions: queue.Queue[dict[str, str]] = queue.Queue()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def action(self) -> dict[str, str]:
        """The next action."""
        return self._actions.get(timeout=10)

    def send(self, text: str) -> None:
        assert self._connection is not None
        self._connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    def _run(self) -> None:
        with suppress(OSError):
            self._connection = self.server.accept()[0]
            self._connection.sendall(b"Asterisk Call Manager/10.0.0\r\n")
            received = b""
            while data := self._connection.recv(4096):
                received += data
                *messages, received = received.split(b"\r\n\r\n")
                for message in messages:
                    asked = dict(line.split(": ", 1) for line in message.decode().split("\r\n"))
                    if asked["Action"] not in ("Login", "Ping"):
                        self._actions.put(asked)
                    else:
                        self.send("Response: Success\nMessage: Authentication accepted")

    def close(self) -> None:
        for each in (self._connection, self.server):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._thread.join(5)


class RealDesk:
    """A desk with its dialler; Asterisk is a socket that the test holds."""

    def __init__(self, settings: Settings, open_work: UowFactory, asterisk: FakeAsterisk) -> None:
        self.journal = Journal(settings.home / "journal.db")
        calls, routing = LiveCalls(self.journal), Routing(self.journal)
        self.manager = Manager("127.0.0.1", asterisk.port, "shouwen", lambda: "x", self._watch)
        desk = Desk(
            settings=settings,
            calls=calls,
            routing=routing,
            numbering=Numbering(self.journal, settings.node, settings.zone),
            manager=self.manager,
            clock=now,
        )
        self.call_backs = CallBacks(desk, self.journal)
        self.dialler = Dialler(self.call_backs, open_work)
        self.manager.start()
        self.asterisk = asterisk
        until(lambda: self.manager.connected)
        self.dialler.start()

    def _watch(self, event: Event) -> None:
        self.call_backs.watch(event)

    def steps(self, linkedid: str) -> list[str]:
        return [str(each.data["step"]) for each in self.journal.of_call(linkedid)]

    def close(self) -> None:
        self.dialler.stop()
        self.manager.stop()
        self.journal.close()


@pytest.fixture
def real_desk(settings: Settings, uow_factory: UowFactory) -> Iterator[RealDesk]:
    asterisk = FakeAsterisk()
    desk = RealDesk(settings.model_copy(update={"trunk_dial": "127.0.0.1:5099"}), uow_factory, asterisk)
    yield desk
    desk.close()
    asterisk.close()


def test_a_click_originates_once_with_the_tickets_number(
    real_desk: RealDesk, uow_factory: UowFactory, tmp_path: Path
) -> None:
    number = open_ticket(uow_factory, tmp_path)
    asked = ask(uow_factory, number, at=datetime.now(UTC))
    originate = real_desk.asterisk.action()
    assert originate["Action"] == "Originate"
    assert (originate["Channel"], originate["Context"]) == ("PJSIP/101", "shouwen-call-back")
    assert originate["CallerID"] == f'"{number}" <13800138000>'
    linkedid = originate["ChannelId"]
    assert "Variable" not in originate, "the number is never Asterisk's to know before the phone answers"
    real_desk.asterisk.send(f"Event: OriginateResponse\nActionID: {linkedid}\nResponse: Failure\nReason: 3")
    until(lambda: real_desk.steps(linkedid) == ["started", "ended"])
    with uow_factory() as work:
        (row,) = work.call_backs.of_ticket(number)
    assert (row.id, row.linkedid, row.state) == (asked.id, linkedid, State.STARTED)
    # a second click afterwards is a second call: nothing was left over of the first
    with uow_factory() as work:
        apply_events(work, node=1, events=list(enumerate(real_desk.journal.of_call(linkedid), 1)))
        work.commit()
    ask(uow_factory, number, at=datetime.now(UTC))
    assert real_desk.asterisk.action()["ChannelId"] != linkedid


def test_without_a_carrier_only_our_own_extensions_are_rung(
    settings: Settings, uow_factory: UowFactory, tmp_path: Path
) -> None:
    outside = open_ticket(uow_factory, tmp_path)
    inside = open_ticket(uow_factory, tmp_path, phone="102", at=NOW + timedelta(days=1))
    asterisk = FakeAsterisk()
    desk = RealDesk(settings, uow_factory, asterisk)
    desk.call_backs.desk.routing.update([WANG, LI], {})
    try:
        ask(uow_factory, outside, at=datetime.now(UTC))
        ask(uow_factory, inside, MANAGER, at=datetime.now(UTC))
        originate = asterisk.action()
        assert (originate["Channel"], originate["CallerID"]) == ("PJSIP/104", f'"{inside}" <102>')
        with uow_factory() as work:
            (row,) = work.call_backs.of_ticket(outside)
        events = until(
            lambda: [e for e in desk.journal.of_call(str(row.linkedid)) if e.data["step"] == "ended"]
        )
        assert (events[0].data["outcome"], events[0].data["reason"]) == ("no_route", "no_trunk")
    finally:
        desk.close()
        asterisk.close()


def test_asterisk_refuses(real_desk: RealDesk, uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number, at=datetime.now(UTC))
    linkedid = real_desk.asterisk.action()["ActionID"]
    real_desk.asterisk.send(f"Response: Error\nActionID: {linkedid}\nMessage: Permission denied")
    until(lambda: real_desk.steps(linkedid) == ["started", "ended"])
    (last,) = [each for each in real_desk.journal.of_call(linkedid) if each.data["step"] == "ended"]
    assert last.data["reason"] == "asterisk_refused"


def test_asterisk_died_in_the_middle(real_desk: RealDesk, uow_factory: UowFactory, tmp_path: Path) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number, at=datetime.now(UTC))
    linkedid = real_desk.asterisk.action()["ActionID"]
    row = CelRow(
        event="CHAN_START",
        at=datetime.now(UTC),
        linkedid=linkedid,
        uniqueid=linkedid,
        channel="PJSIP/101-00000001",
        context="shouwen-staff",
        exten="",
        caller="",
        caller_name="",
    )
    real_desk.call_backs.settle(linkedid, [row])
    real_desk.call_backs.settle(linkedid, [row])
    until(lambda: real_desk.steps(linkedid) == ["started", "ended"])


def test_a_frozen_database_costs_the_click_and_nothing_else(rule_book: RuleBook, tmp_path: Path) -> None:
    """Frozen for a while: nothing is dialled; afterwards clicks ring again by themselves."""
    folder = Path(tempfile.mkdtemp(prefix="shouwen-"))
    folder.chmod(0o711)
    asterisk = FakeAsterisk()
    try:
        with temporary_postgres(folder / "postgres") as url:
            migrate.upgrade(url)
            settings = Settings(home=tmp_path, database_url=url, trunk_dial="127.0.0.1:5099")
            engine = create_engine(url)
            open_work = unit_of_work_factory(settings, deadline_s=2.0, engine=engine, rules=rule_book)
            number = open_ticket(open_work, tmp_path)
            desk = RealDesk(settings, open_work, asterisk)
            try:
                until(lambda: _listeners(url) == 1)
                main = psutil.Process(
                    int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
                )
                stopped = [main, *main.children(recursive=True)]
                for process in stopped:
                    os.kill(process.pid, signal.SIGSTOP)
                try:
                    with pytest.raises(DatabaseUnavailable):
                        ask(open_work, number, at=datetime.now(UTC))
                finally:
                    for process in stopped:
                        if process.is_running():
                            os.kill(process.pid, signal.SIGCONT)
                until(lambda: _asked(open_work, number), 10)
                assert desk.asterisk.action()["Action"] == "Originate"
            finally:
                desk.close()
                engine.dispose()
    finally:
        asterisk.close()
        shutil.rmtree(folder, ignore_errors=True)


def _asked(open_work: UowFactory, number: str) -> bool:
    try:
        ask(open_work, number, at=datetime.now(UTC))
    except DatabaseUnavailable:
        return False
    return True


def _listeners(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        ).fetchone()
    return int(found[0]) if found else 0
