"""What can be wrong with the tickets' log, and how one ticket's part of it is looked over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.tickets import MOVES, EventKind, Status

_NEAR = 50
"""How many places further back and on a displaced event is looked for."""


class FaultKind(StrEnum):
    """What kind of fault it is; `shouwen audit verify --json` prints these names."""

    CHANGED = "event_changed"
    MOVED = "event_moved"
    MISSING = "event_missing"
    CUT = "tail_cut"
    EMPTY = "log_missing"
    NO_TICKET = "ticket_missing"
    VERSION = "version_differs"
    STATUS = "status_differs"
    ANCHOR_DAMAGED = "anchor_damaged"
    ANCHOR_CHANGED = "anchor_changed"
    ANCHOR_MISSING = "anchor_missing"
    SEALED_EVENTS = "sealed_events_differ"
    SEALED_HEADS = "sealed_heads_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: where it is, and a line that says what is wrong."""

    kind: FaultKind
    detail: str
    ticket: str | None = None
    seq: int | None = None
    """Place in the ticket's log."""
    anchor: int | None = None
    """Line of the anchor file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketState:
    """What a ticket's row says of its log."""

    number: str
    version: int
    status: str


def chain_faults(number: str, events: Iterable[TicketEvent]) -> Iterator[Fault]:
    """Every event of a ticket, in order of seq, that is changed, missing or not in its place."""
    prev_hash, position = GENESIS, 0
    for event in events:
        gap = event.seq - position - 1
        if gap:
            missing = f"event {position + 1}" if gap == 1 else f"events {position + 1} to {event.seq - 1}"
            yield Fault(
                kind=FaultKind.MISSING,
                ticket=number,
                seq=position + 1,
                detail=f"{missing} of the log is gone",
            )
        if event_hash(event, event.prev_hash) != event.hash:
            yield _altered(number, event)
        elif not gap and event.prev_hash != prev_hash:
            detail = "it does not follow the event before it"
            yield Fault(kind=FaultKind.MOVED, ticket=number, seq=event.seq, detail=detail)
        prev_hash, position = event.hash, event.seq


def _altered(number: str, event: TicketEvent) -> Fault:
    """Whether what was changed is the event's place or what it says."""
    for seq in range(max(1, event.seq - _NEAR), event.seq + _NEAR):
        if event_hash(replace(event, seq=seq), event.prev_hash) == event.hash:
            return Fault(
                kind=FaultKind.MOVED, ticket=number, seq=event.seq, detail=f"it was written as event {seq}"
            )
    detail = "it does not say what was written, or belongs to another ticket"
    return Fault(kind=FaultKind.CHANGED, ticket=number, seq=event.seq, detail=detail)


def row_faults(row: TicketState, last_seq: int, status: Status | None) -> Iterator[Fault]:
    """Where the ticket's row and its log disagree; `status` is where the log leads (`status_after`)."""
    if last_seq == 0:
        detail = f"the ticket counts {row.version} events and has none"
        yield Fault(kind=FaultKind.EMPTY, ticket=row.number, seq=1, detail=detail)
        return
    if row.version > last_seq:
        detail = f"the ticket counts {row.version} events, its log ends after {last_seq}"
        yield Fault(kind=FaultKind.CUT, ticket=row.number, seq=last_seq + 1, detail=detail)
    elif row.version < last_seq:
        detail = f"the ticket counts {row.version} events, its log has {last_seq}"
        yield Fault(kind=FaultKind.VERSION, ticket=row.number, seq=last_seq, detail=detail)
    elif status is not None and row.status != status:
        detail = f"the ticket is {row.status}, its log leads to {status}"
        yield Fault(kind=FaultKind.STATUS, ticket=row.number, seq=last_seq, detail=detail)


def status_after(status: Status | None, kind: str) -> Status | None:
    """Where an event of the log takes a ticket; one that moves nothing today leaves it where it is.

    Not `next_status`: what an older version allowed is history now, not a fault.
    """
    try:
        return MOVES.get((status, EventKind(kind)), status)
    except ValueError:
        return status
