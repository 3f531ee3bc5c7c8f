"""Calling back with a real database: asked once, taken once; what comes back changes the row once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.domain.call_backs import FRESH, BadNumber, NoNumber, NumberBarred, Outcome, State, Step
from callcenter.domain.calls import CallEvent
from callcenter.domain.tickets import EventKind, NotAllowed, Status
from callcenter.domain.transcripts import Purpose
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
from tests.conftest import UowFactory
from tests.support.call_backs import BARRED, MANAGER, ask, event, log_of, open_ticket, take, talk
from tests.support.desk import LI, NOW, WANG


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
    assert orders[0].language is None, "nobody knows what the caller spoke"
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
