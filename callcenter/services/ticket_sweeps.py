"""What time alone does to tickets: breaches, and due times that a new calendar settles."""

from __future__ import annotations

from datetime import datetime

from callcenter.domain.tickets import Change, EventKind, Ticket
from callcenter.services.ports import UnitOfWork
from callcenter.services.ticket_log import SYSTEM, record, refresh, unrecorded

_SWEEP = 200


def record_breaches(uow: UnitOfWork, now: datetime) -> list[Ticket]:
    """Log each clock that has run out, once; at most 200 tickets at a time, those with one are returned."""
    late: list[Ticket] = []
    for ticket in uow.tickets.late(now, _SWEEP):
        clocks = uow.tickets.clocks([ticket.number]).get(ticket.number, ())
        changes: list[Change] = [
            (
                EventKind.BREACHED,
                {
                    "clock": clock.clock,
                    "started_at": clock.started_at.isoformat(),
                    "due_at": clock.due_at.isoformat(),
                },
            )
            for clock in unrecorded(clocks, uow.tickets.events(ticket.number))
            if clock.due_at < now
        ]
        late.append(
            record(uow, ticket, *changes, actor=SYSTEM, at=now) if changes else refresh(uow, ticket, now)
        )
    return late


def recompute_provisional(uow: UnitOfWork, now: datetime) -> int:
    """Fold the clocks anew of every ticket whose due time waited for a calendar; how many are settled now."""
    settled, after = 0, ""
    while page := uow.tickets.provisional(_SWEEP, after):
        settled += sum(not refresh(uow, ticket, now).provisional for ticket in page)
        after = page[-1].number
    return settled
