"""One change of a ticket: its events sealed into the log, its clocks folded anew, its listeners told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.ticket_clocks import TicketClock, fold_clocks, next_due
from callcenter.domain.tickets import Change, EventKind, Ticket
from callcenter.errors import ShouwenError
from callcenter.services.ports import TICKETS_CHANNEL, UnitOfWork

SYSTEM = "system"
"""The actor of what nobody did by hand."""


class UnknownTicket(ShouwenError):
    """There is no ticket of this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"there is no ticket {number}")


class StaleTicket(ShouwenError):
    """Somebody else changed the ticket in the meantime."""

    def __init__(self, changed_by: str) -> None:
        super().__init__(
            f"{changed_by} changed the ticket in the meantime; look at it again before you save."
        )


def lock_ticket(uow: UnitOfWork, number: str, version: int | None = None) -> Ticket:
    """The ticket with its row locked. Raises UnknownTicket; StaleTicket if it is past `version`."""
    ticket = uow.tickets.lock(number)
    if ticket is None:
        raise UnknownTicket(number)
    if version is not None and version != ticket.version:
        last = uow.tickets.events(number)[-1]
        member = uow.staff.get(last.actor)
        raise StaleTicket(member.name if member else last.actor)
    return ticket


def record(uow: UnitOfWork, ticket: Ticket, *changes: Change, actor: str, at: datetime) -> Ticket:
    """Append `changes` to the log of the locked `ticket`, store it, and return it with its due time.

    An instant before the last event's (a late journal) is stored as it is: the order is that of the log.
    """
    log = uow.tickets.events(ticket.number)
    fresh = seal(ticket.number, log, *changes, actor=actor, at=at)
    uow.tickets.append(fresh)
    return _store(uow, ticket, log + fresh, at)


def seal(
    number: str, log: Sequence[TicketEvent], *changes: Change, actor: str, at: datetime
) -> list[TicketEvent]:
    """The events of `changes` behind `log`, each chained to the one before."""
    fresh: list[TicketEvent] = []
    for kind, data in changes:
        last = fresh[-1] if fresh else log[-1] if log else None
        prev_hash = last.hash if last else GENESIS
        seq = len(log) + len(fresh) + 1
        event = TicketEvent(ticket=number, seq=seq, at=at, actor=actor, kind=kind, data=data)
        fresh.append(replace(event, prev_hash=prev_hash, hash=event_hash(event, prev_hash)))
    return fresh


def refresh(uow: UnitOfWork, ticket: Ticket, now: datetime) -> Ticket:
    """Fold the clocks of the locked `ticket` anew, with the calendar of today; nothing enters the log."""
    return _store(uow, ticket, uow.tickets.events(ticket.number), now)


def _store(uow: UnitOfWork, ticket: Ticket, log: list[TicketEvent], at: datetime) -> Ticket:
    clocks = fold_clocks(log, uow.rules.of(ticket.policy), ticket.channel, at)
    watched = next_due(clocks)
    ticket = replace(
        ticket,
        due_at=watched.due_at if watched else None,
        provisional=watched is not None and watched.provisional,
        version=len(log),
    )
    pending = [clock.due_at for clock in unrecorded(clocks, log)]
    uow.tickets.save(ticket, clocks, min(pending, default=None))
    uow.notify(TICKETS_CHANNEL, ticket.number)
    return ticket


def unrecorded(clocks: tuple[TicketClock, ...], log: list[TicketEvent]) -> list[TicketClock]:
    """The clocks not stopped whose breach, past or to come, is not in the log."""
    seen = {
        (event.data.get("clock"), event.data.get("started_at"))
        for event in log
        if event.kind == EventKind.BREACHED
    }
    return [
        clock
        for clock in clocks
        if clock.stopped_at is None and (clock.clock, clock.started_at.isoformat()) not in seen
    ]
