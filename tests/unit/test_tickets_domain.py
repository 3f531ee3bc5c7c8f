"""Ticket numbers, the table of states, the chain of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from callcenter.domain.chain import GENESIS, TicketEvent, event_hash, first_fault
from callcenter.domain.numbers import BadTicketNumber, TicketNumber, parse_number
from callcenter.domain.text import clean
from callcenter.domain.tickets import MOVES, STAYS, EventKind, NotAllowed, Status, next_status

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (TicketNumber(day=date(2026, 11, 20), node=1, serial=7), "261120-1-007"),
        (TicketNumber(day=date(2026, 1, 2), node=0, serial=999), "260102-0-999"),
        (TicketNumber(day=date(2026, 1, 2), node=12, serial=12345), "260102-12-12345"),
    ],
)
def test_numbers_are_written_and_read(number: TicketNumber, text: str) -> None:
    assert str(number) == text
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "261120-1-07",
        "261320-1-001",
        "261120-1-000",
        "261120-1-0001",
        "261120-01-001",
        "261120-100-001",
        "261120-1-001\n",
        "261120-1-001 ",
        "２61120-1-001",
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(BadTicketNumber):
        parse_number(text)


def test_only_the_table_moves_a_ticket() -> None:
    for status in (None, *Status):
        for event in EventKind:
            if (status, event) in MOVES:
                assert next_status(status, event) is MOVES[status, event]
            elif status is not None and status in STAYS.get(event, ()):
                assert next_status(status, event) is status
            else:
                with pytest.raises(NotAllowed):
                    next_status(status, event)


def test_closed_stays_closed() -> None:
    assert not [event for (status, event) in MOVES if status is Status.CLOSED]


def chain(length: int) -> list[TicketEvent]:
    """A whole chain."""
    events: list[TicketEvent] = []
    for seq in range(1, length + 1):
        event = TicketEvent(
            ticket="261120-1-001", seq=seq, at=NOW, actor="101", kind="noted", data={"text": f"第{seq}条"}
        )
        prev_hash = events[-1].hash if events else GENESIS
        events.append(replace(event, prev_hash=prev_hash, hash=event_hash(event, prev_hash)))
    return events


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"text": "别的"}},
        {"actor": "102"},
        {"at": NOW + timedelta(microseconds=1)},
        {"kind": "closed"},
        {"ticket": "261120-1-002"},
        {"seq": 3},
        {"prev_hash": GENESIS},
        {"hash": GENESIS},
    ],
)
def test_any_change_breaks_the_chain_where_it_was_made(change: dict[str, object]) -> None:
    events = chain(4)
    assert first_fault(events) is None
    events[1] = replace(events[1], **change)  # type: ignore[arg-type] # one field of any type
    assert first_fault(events) == 2


def test_a_missing_a_moved_and_a_resealed_event_break_it() -> None:
    events = chain(4)
    assert first_fault(events[:1] + events[2:]) == 2
    assert first_fault([events[0], events[2], events[1], events[3]]) == 2
    changed = replace(events[1], data={"text": "别的"})
    events[1] = replace(changed, hash=event_hash(changed, changed.prev_hash))
    assert first_fault(events) == 3


def test_the_hash_knows_neither_zones_nor_the_order_of_keys() -> None:
    event = replace(chain(1)[0], data={"a": 1, "b": None})
    same = replace(event, at=NOW.astimezone(timezone(timedelta(hours=8))), data={"b": None, "a": 1})
    assert event_hash(event, GENESIS) == event_hash(same, GENESIS)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        (None, 9, None),
        (" \n", 9, None),
        (" a\0b ", 9, "ab"),
        ("a\r\nb\x1b", 9, "a\nb"),
        ("\ud800\udfff", 9, "\ufffd\ufffd"),
        ("王敏王敏", 3, "王敏王"),
        ("ab  cd", 4, "ab"),
    ],
)
def test_clean(text: str | None, limit: int, expected: str | None) -> None:
    assert clean(text, limit) == expected
