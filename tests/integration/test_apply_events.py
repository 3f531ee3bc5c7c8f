"""From a node's journal into the real database: calls, tickets, recordings; each event exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agi.drainer import Drainer
from agi.journal import Journal
from agi.live import LiveCalls
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Call, CallEvent, CallFigures, Kind, Outcome, Source
from callcenter.domain.tickets import Status, Ticket
from callcenter.domain.transcripts import TranscriptState
from callcenter.services.calls import apply_events
from callcenter.services.transcripts import pending_recordings
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
Data = str | int | float | bool | None


def event(kind: Kind, after_s: float = 0, linkedid: str = "c.0", **data: Data) -> CallEvent:
    return CallEvent(linkedid=linkedid, at=START + timedelta(seconds=after_s), kind=kind, data=data)


def arrived(linkedid: str = "c.0", line: str = "8000", **data: Data) -> CallEvent:
    told: dict[str, Data] = {"line": line, "caller": "13800138000", "caller_name": "王小明", **data}
    return CallEvent(linkedid=linkedid, at=START, kind=Kind.ARRIVED, data=told)


def answered(ticket: str = "261120-1-001", linkedid: str = "c.0", after_s: float = 2) -> CallEvent:
    return event(
        Kind.ANSWERED, after_s, linkedid, extension="101", name="李静", uniqueid="c.1", ticket=ticket
    )


def recording(ticket: str = "261120-1-001", linkedid: str = "c.0") -> CallEvent:
    return event(
        Kind.RECORDING_STARTED,
        10,
        linkedid,
        path=f"2026/11/20/{linkedid}.wav",
        ticket=ticket,
        language="zh",
        phone="13800138000",
    )


def recorded(linkedid: str = "c.0", after_s: float = 30, **data: Data) -> CallEvent:
    told: dict[str, Data] = {"seconds": 19.5, "phone": "13800138000", "confirmed": True, **data}
    return event(Kind.RECORDING_ENDED, after_s, linkedid, path=f"2026/11/20/{linkedid}.wav", **told)


def handoff(outcome: str) -> list[CallEvent]:
    return [
        event(
            Kind.HANDOFF_REQUESTED,
            9,
            handoff=1,
            mode="recorded",
            limit_s=120,
            **{"from": "101", "from_name": "李静", "to": "102", "to_name": "王强"},
        ),
        event(Kind.HANDOFF_BRIEFED, 15, handoff=1, path="2026/11/20/b.wav", language="zh", seconds=4.0),
        event(Kind.HANDOFF_ANSWERED, 20, handoff=1, uniqueid="c.9"),
        event(Kind.HANDOFF_ENDED, 30, handoff=1, outcome=outcome),
    ]


class Node:
    """A journal by hand: events get the next positions and are applied in one transaction."""

    def __init__(self, factory: UowFactory) -> None:
        self.factory = factory
        self.events: list[tuple[int, CallEvent]] = []
        self._places = count(1)

    def write(self, *events: CallEvent) -> list[tuple[int, CallEvent]]:
        fresh = [(next(self._places), event) for event in events]
        self.events += fresh
        return fresh

    def apply(self, *events: CallEvent) -> None:
        self.offer(self.write(*events))

    def offer(self, events: list[tuple[int, CallEvent]]) -> list[str]:
        with self.factory() as uow:
            touched = apply_events(uow, node=1, events=events)
            uow.commit()
        return touched

    def call(self, linkedid: str = "c.0") -> Call:
        with self.factory() as uow:
            found = uow.calls.get(linkedid)
        assert found is not None
        return found

    def ticket(self, number: str = "261120-1-001") -> Ticket:
        with self.factory() as uow:
            found = uow.tickets.get(number)
        assert found is not None
        return found

    def rows(self) -> dict[str, int]:
        names = ("call", "call_event", "handoff", "ticket", "ticket_event", "recording", "transcript")
        with self.factory() as uow:
            return {name: count_of(uow, name) for name in names}


def count_of(uow: SqlUnitOfWork, table: str) -> int:
    return int(uow.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def node(uow_factory: UowFactory) -> Node:
    return Node(uow_factory)


WHOLE = [
    arrived(),
    event(Kind.RINGING, 1, extension="101", uniqueid="c.1"),
    event(Kind.LEG_UP, 1.99, extension="101", uniqueid="c.1"),
    answered(),
    *handoff("accepted"),
    recording(),
    recorded(after_s=40, wished="tomorrow"),
    event(Kind.ENDED, 60),
]


def test_a_whole_call(node: Node) -> None:
    node.apply(*WHOLE)
    call, ticket = node.call(), node.ticket()
    assert (call.outcome, call.ticket, call.answer_ms, call.source) == (
        Outcome.ANSWERED,
        "261120-1-001",
        990,
        Source.LIVE,
    )
    assert ticket.owner is not None
    assert ticket.handler is not None
    assert (ticket.owner.extension, ticket.handler.extension) == ("101", "102")
    assert (ticket.status, ticket.linkedid) == (Status.OPEN, "c.0")
    assert ticket.wished_reply == "tomorrow"


@pytest.mark.parametrize("step", [1, 2, 3, 5, len(WHOLE)])
def test_however_often_and_in_whatever_runs_it_is_offered(node: Node, step: int) -> None:
    node.write(*WHOLE)
    for end in range(step, len(WHOLE) + step, step):
        node.offer(node.events[:end])
        node.offer(node.events[:end])
    assert node.offer(node.events) == []
    assert node.rows() == {
        "call": 1,
        "call_event": len(WHOLE),
        "handoff": 1,
        "ticket": 1,
        "ticket_event": node.rows()["ticket_event"],
        "recording": 2,
        "transcript": 2,
    }
    at_once = node.call()
    assert at_once.outcome is Outcome.ANSWERED


def test_a_crash_before_the_commit_leaves_nothing_and_the_next_try_all(node: Node) -> None:
    events = node.write(*WHOLE)
    with node.factory() as uow:
        apply_events(uow, node=1, events=events)
        # the process dies here
    assert set(node.rows().values()) == {0}
    with node.factory() as uow:
        assert uow.calls.position(1) == 0
    assert node.offer(events) == ["c.0"]
    assert node.rows()["call_event"] == len(WHOLE)


def test_nodes_do_not_mix(node: Node) -> None:
    node.apply(arrived("a.0"))
    with node.factory() as uow:
        apply_events(uow, node=2, events=[(1, arrived("b.0"))])
        uow.commit()
        assert (uow.calls.position(1), uow.calls.position(2)) == (1, 1)
    assert node.rows()["call"] == 2


@pytest.mark.rule("H2", "H32")
def test_an_answered_call_has_its_ticket_at_once(node: Node) -> None:
    node.apply(arrived(), answered())
    ticket = node.ticket()
    assert (ticket.status, ticket.contact_phone, ticket.contact_name) == (
        Status.REGISTERING,
        "13800138000",
        "王小明",
    )
    assert ticket.owner == ticket.handler == node.call().first_responder
    assert node.call().outcome is None


@pytest.mark.parametrize("outcome", ["refused", "no_answer", "timed_out", "cancelled"])
def test_a_handoff_that_came_to_nothing_moves_nobody(node: Node, outcome: str) -> None:
    node.apply(arrived(), answered(), *handoff(outcome))
    ticket = node.ticket()
    assert ticket.handler is not None
    assert ticket.handler.extension == "101"


def test_a_message_of_an_unanswered_call_opens_a_ticket_that_is_nobodys(node: Node) -> None:
    node.apply(arrived(line="8001"), event(Kind.QUEUE_LEFT, reason="closed"), recording(), recorded())
    ticket = node.ticket()
    assert (ticket.owner, ticket.handler, ticket.status) == (None, None, Status.OPEN)
    assert ticket.opened_at == START + timedelta(seconds=30)
    assert node.call().ticket == "261120-1-001"


def test_an_abandoned_call_has_no_ticket(node: Node) -> None:
    node.apply(arrived(), event(Kind.RINGING, 1, extension="101"), event(Kind.ENDED, 9))
    assert node.call().outcome is Outcome.ABANDONED
    assert node.rows()["ticket"] == 0


def test_the_worker_finds_what_was_recorded(node: Node) -> None:
    node.apply(arrived(), answered(), *handoff("accepted"), recording(), recorded())
    with node.factory() as uow:
        due = pending_recordings(uow, now=START + timedelta(minutes=5), languages=["zh"])
        found = [uow.transcripts.get(number) for number in due]
        assert [each.state for each in found if each] == [TranscriptState.PENDING] * 2
        purposes = {each.recording.purpose: each.recording for each in found if each}
    assert {"message", "briefing"} == {str(purpose) for purpose in purposes}
    assert {each.ticket for each in purposes.values()} == {"261120-1-001"}


def test_a_recording_whose_end_was_never_written_is_kept_at_the_calls_end(node: Node) -> None:
    node.apply(arrived(), recording())
    assert node.rows()["ticket"] == 0
    node.apply(event(Kind.ENDED, 50))
    assert node.ticket().opened_at == START + timedelta(seconds=50)
    assert node.rows()["recording"] == 1


def test_a_recordings_end_that_comes_after_the_calls_end_is_taken_in(node: Node) -> None:
    node.apply(arrived(), recording(), event(Kind.ENDED, 50))
    node.apply(recorded(after_s=49, phone="02079460158", keyed=True, wished="today"))
    ticket = node.ticket()
    assert (ticket.contact_phone, ticket.wished_reply) == ("02079460158", "today")
    with node.factory() as uow:
        [stored] = uow.transcripts.of_call("c.0")
    assert stored.recording.seconds == 19.5
    assert node.rows()["recording"] == 1


def test_an_arrival_that_is_only_rebuilt_later_opens_the_tickets_of_what_came_before(node: Node) -> None:
    # the desk was down at the arrival and back before the answer
    node.apply(answered(), recording(), recorded(), event(Kind.ENDED, 60))
    assert node.rows()["call"] == node.rows()["ticket"] == 0
    node.apply(arrived(source="rebuilt"))
    call, ticket = node.call(), node.ticket()
    assert (call.source, call.outcome, call.ticket) == (Source.REBUILT, Outcome.ANSWERED, "261120-1-001")
    assert ticket.owner == call.first_responder
    assert node.rows()["recording"] == 1


def test_an_answer_that_is_only_rebuilt_later_still_has_its_handler(node: Node) -> None:
    # the desk was down when 101 answered and back when 101 handed the caller on
    node.apply(arrived(), *handoff("accepted"), event(Kind.ENDED, 60))
    assert node.rows()["ticket"] == 0
    node.apply(answered())
    ticket = node.ticket()
    assert ticket.owner is not None
    assert ticket.handler is not None
    assert (ticket.owner.extension, ticket.handler.extension) == ("101", "102")
    with node.factory() as uow:
        [briefing] = uow.transcripts.of_call("c.0")
    assert briefing.recording.ticket == "261120-1-001"


def test_two_phones_that_answer_at_once_make_one_ticket(node: Node) -> None:
    late = event(Kind.ANSWERED, 2.001, extension="102", name="王强", uniqueid="c.2", ticket="261120-1-002")
    node.apply(arrived(), answered(), late)
    assert node.rows()["ticket"] == 1
    assert node.ticket().owner == node.call().first_responder


def test_what_the_database_has_is_not_rebuilt(node: Node) -> None:
    # a node that lost its journal reads all of Asterisk's record again, with new numbers
    node.apply(*WHOLE)
    before = (node.call(), node.ticket(), node.rows())
    again = [
        CallEvent(linkedid=e.linkedid, at=e.at, kind=e.kind, data={**e.data, "source": "rebuilt"})
        for e in (arrived(), answered("261120-1-099"), recording("261120-1-099"), event(Kind.ENDED, 61))
    ]
    node.apply(*again)
    assert (node.call(), node.ticket(), node.rows()) == before
    with node.factory() as uow:
        assert uow.calls.position(1) == len(WHOLE) + len(again)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def drainer(settings: Settings, journal: Journal, factory: UowFactory) -> tuple[Drainer, Numbering]:
    numbering = Numbering(journal, 1, settings.zone)
    made = Drainer(settings, journal, LiveCalls(journal), Routing(journal), numbering, factory)
    return made, numbering


def drain(settings: Settings, journal: Journal, factory: UowFactory) -> None:
    """Run a drainer until the database has the whole journal."""
    running, _ = drainer(settings, journal, factory)
    running.start()
    try:

        def done() -> bool:
            with factory() as uow:
                return uow.calls.position(1) == journal.last_position() > 0

        until(done)
    finally:
        running.stop()


def test_the_drainer_goes_on_where_the_last_one_stopped(
    settings: Settings, journal: Journal, uow_factory: UowFactory
) -> None:
    for number in range(5):
        journal.append(arrived(f"a.{number}"))
    drain(settings, journal, uow_factory)
    for number in range(5):
        journal.append(arrived(f"b.{number}"))
    drain(settings, journal, uow_factory)
    assert Node(uow_factory).rows()["call_event"] == 10


@pytest.mark.parametrize("before_it_asks", [1, 5, 20])
def test_a_lost_journal_loses_no_event_however_many_came_before_the_database_spoke(
    settings: Settings, journal: Journal, uow_factory: UowFactory, tmp_path: Path, before_it_asks: int
) -> None:
    for number in range(5):
        journal.append(arrived(f"a.{number}"))
    drain(settings, journal, uow_factory)
    lost = Journal(tmp_path / "new.db")
    for number in range(before_it_asks):
        lost.append(arrived(f"b.{number}"))
    drain(settings, lost, uow_factory)
    lost.append(arrived("c.0"))
    drain(settings, lost, uow_factory)
    lost.close()
    assert Node(uow_factory).rows()["call"] == 5 + before_it_asks + 1


def test_a_lost_journal_goes_on_behind_the_databases_numbers(
    settings: Settings, journal: Journal, uow_factory: UowFactory
) -> None:
    now = datetime.now(UTC)
    number = f"{now.astimezone(settings.zone):%y%m%d}-1-041"
    Node(uow_factory).apply(arrived(), answered(number))
    running, numbering = drainer(settings, journal, uow_factory)
    running.start()
    until(lambda: journal.used_up_to() == 2)
    running.stop()
    assert numbering.next(now).endswith("-1-042")


def test_one_event_that_no_database_takes_holds_up_nobody(
    settings: Settings, journal: Journal, uow_factory: UowFactory, caplog: pytest.LogCaptureFixture
) -> None:
    journal.append(arrived("a.0"))
    journal.append(arrived("bad.0", caller_name="NUL \x00 13800138000"))
    journal.append(arrived("c.0"))
    drain(settings, journal, uow_factory)
    node = Node(uow_factory)
    assert node.rows()["call"] == 2
    until(lambda: journal.note("refused-2"))
    assert "13800138000" not in caplog.text
    assert "event 2 cannot be applied" in caplog.text


def test_the_days_figures_count_every_call(uow_factory: UowFactory) -> None:
    begin = datetime(2026, 11, 20, tzinfo=UTC)

    def call(number: int, **fields: Any) -> Call:
        at = begin + timedelta(seconds=number)
        return Call(
            linkedid=f"f.{number}", line="8000", caller=None, caller_name=None, arrived_at=at, **fields
        )

    calls = [call(number) for number in range(600)]
    calls += [call(600 + ms, answered_at=begin, answer_ms=ms) for ms in (1000, 2000, 4000, 9000)]
    calls += [call(-1, answered_at=begin, answer_ms=1), call(700, outcome=Outcome.CALLBACK)]
    with uow_factory() as uow:
        assert uow.calls.figures(begin).median_ms is None
        uow.calls.save(calls)
        figures = uow.calls.figures(begin)
    assert figures == CallFigures(offered=605, answered=4, callbacks=1, median_ms=3000)
