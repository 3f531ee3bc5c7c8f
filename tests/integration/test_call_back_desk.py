"""Calling back from the desk: a real journal, a real manager client, a fake Asterisk. Dialled once."""

from __future__ import annotations

import os
import queue
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
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
from callcenter.domain.call_backs import State
from callcenter.domain.policy import RuleBook
from callcenter.runtime.postgres import temporary_postgres
from callcenter.services.calls import apply_events
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.call_backs import MANAGER, ask, open_ticket
from tests.support.databases import server_folder
from tests.support.desk import LI, NOW, WANG


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
    asterisk = FakeAsterisk()
    with server_folder() as folder, closing(asterisk), temporary_postgres(folder / "postgres") as url:
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
