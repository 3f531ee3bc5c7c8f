"""What an audit finds in one ticket's log: changed, moved, missing, cut; and rows that say something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.log_faults import Fault, FaultKind, TicketState, chain_faults, row_faults, status_after
from callcenter.domain.tickets import Status

NUMBER = "261120-1-001"
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def chain(length: int, number: str = NUMBER) -> list[TicketEvent]:
    """A whole chain."""
    events: list[TicketEvent] = []
    for seq in range(1, length + 1):
        event = TicketEvent(ticket=number, seq=seq, at=NOW, actor="101", kind="noted", data={"n": seq})
        prev_hash = events[-1].hash if events else GENESIS
        events.append(replace(event, prev_hash=prev_hash, hash=event_hash(event, prev_hash)))
    return events


def found(events: list[TicketEvent]) -> list[tuple[str, int | None, str]]:
    """Kind, place and words of every fault."""
    faults = list(chain_faults(NUMBER, events))
    assert {fault.ticket for fault in faults} <= {NUMBER}
    return [(fault.kind.value, fault.seq, fault.detail) for fault in faults]


def gone(what: str, seq: int) -> tuple[str, int, str]:
    return "event_missing", seq, f"{what} of the log is gone"


def changed(seq: int) -> tuple[str, int, str]:
    return "event_changed", seq, "it does not say what was written, or belongs to another ticket"


def moved(seq: int, detail: str) -> tuple[str, int, str]:
    return "event_moved", seq, detail


def test_a_whole_chain_has_no_fault() -> None:
    assert found([]) == []
    assert found(chain(1)) == []
    assert found(chain(5)) == []


def test_each_changed_event_is_named_and_those_behind_it_hold() -> None:
    events = chain(5)
    events[1] = replace(events[1], data={"n": 0})
    events[3] = replace(events[3], actor="102")
    assert found(events) == [changed(2), changed(4)]


@pytest.mark.parametrize(
    ("left", "faults"),
    [
        ((2, 3, 4, 5), [gone("event 1", 1)]),
        ((1, 3, 4, 5), [gone("event 2", 2)]),
        ((1, 4, 5), [gone("events 2 to 3", 2)]),
        ((5,), [gone("events 1 to 4", 1)]),
        ((1, 3, 5), [gone("event 2", 2), gone("event 4", 4)]),
        ((1, 2, 3, 4), []),  # a cut tail: the ticket's row and the anchor find it
    ],
)
def test_what_is_gone_is_counted(left: tuple[int, ...], faults: list[tuple[str, int, str]]) -> None:
    assert found([event for event in chain(5) if event.seq in left]) == faults


def test_an_event_behind_a_gap_is_looked_at_too() -> None:
    events = chain(4)
    assert found([events[0], replace(events[2], kind="closed"), events[3]]) == [
        gone("event 2", 2),
        changed(3),
    ]


def test_two_that_changed_places_say_where_they_were_written() -> None:
    first, second, third, fourth = chain(4)
    swapped = [first, replace(third, seq=2), replace(second, seq=3), fourth]
    assert found(swapped) == [
        moved(2, "it was written as event 3"),
        moved(3, "it was written as event 2"),
        moved(4, "it does not follow the event before it"),
    ]


def test_an_event_that_was_sealed_again_is_found_at_the_next() -> None:
    events = chain(4)
    other = replace(events[1], data={"n": 9})
    events[1] = replace(other, hash=event_hash(other, other.prev_hash))
    assert found(events) == [moved(3, "it does not follow the event before it")]


def test_an_event_of_another_ticket_is_no_event_of_this_one() -> None:
    events = chain(3)
    events[1] = replace(chain(3, "261120-1-002")[1], ticket=NUMBER)
    assert found(events) == [changed(2), moved(3, "it does not follow the event before it")]


@pytest.mark.parametrize(
    ("written", "now", "told"),
    [
        (100, 51, True),  # looked for up to 49 places further on
        (101, 51, False),
        (1, 51, True),  # and 50 places further back
        (1, 52, False),
    ],
)
def test_how_far_a_displaced_event_is_looked_for(written: int, now: int, told: bool) -> None:
    events = chain(101)
    displaced = [*events[: now - 1], replace(events[written - 1], seq=now)]
    assert found(displaced)[-1] == (
        moved(now, f"it was written as event {written}") if told else changed(now)
    )


@pytest.mark.parametrize(
    ("version", "row", "last_seq", "log", "fault"),
    [
        (3, "open", 3, Status.OPEN, None),
        (3, "open", 3, None, None),
        (3, "open", 0, None, (FaultKind.EMPTY, 1, "the ticket counts 3 events and has none")),
        (4, "open", 3, Status.OPEN, (FaultKind.CUT, 4, "the ticket counts 4 events, its log ends after 3")),
        (2, "open", 3, Status.OPEN, (FaultKind.VERSION, 3, "the ticket counts 2 events, its log has 3")),
        (
            3,
            "closed",
            3,
            Status.RESOLVED,
            (FaultKind.STATUS, 3, "the ticket is closed, its log leads to resolved"),
        ),
        # what is missing explains a status that differs
        (4, "closed", 3, Status.OPEN, (FaultKind.CUT, 4, "the ticket counts 4 events, its log ends after 3")),
    ],
)
def test_a_row_beside_its_log(
    version: int, row: str, last_seq: int, log: Status | None, fault: tuple[FaultKind, int, str] | None
) -> None:
    faults = list(row_faults(TicketState(number=NUMBER, version=version, status=row), last_seq, log))
    if fault is None:
        assert faults == []
    else:
        kind, seq, detail = fault
        assert faults == [Fault(kind=kind, ticket=NUMBER, seq=seq, detail=detail)]


@pytest.mark.parametrize(
    ("status", "kind", "after"),
    [
        (None, "opened", Status.OPEN),
        (Status.OPEN, "resolved", Status.RESOLVED),
        (Status.OPEN, "noted", Status.OPEN),
        # nothing of today moves it so: history
        (Status.CLOSED, "reopened", Status.CLOSED),
        (Status.OPEN, "a word of an older version", Status.OPEN),
        (None, "a word of an older version", None),
    ],
)
def test_where_the_log_leads(status: Status | None, kind: str, after: Status | None) -> None:
    assert status_after(status, kind) is after
