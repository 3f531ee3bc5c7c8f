"""One change of a ticket: its events sealed into the log, its clocks folded anew, its listeners told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from callcenter.domain.alarms import alarms, next_alarm
from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.parties import party_of
from callcenter.domain.search import search_vector
from callcenter.domain.steps import awaited
from callcenter.domain.ticket_clocks import fold_clocks, next_due
from callcenter.domain.tickets import Change, EventKind, Ticket
from callcenter.errors import ShouwenError
from callcenter.services.ports import TICKETS_CHANNEL, UnitOfWork
from callcenter.services.rules import rules_of

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
    rules = rules_of(uow, ticket)
    clocks = fold_clocks(log, rules, ticket.channel, at)
    watched = next_due(clocks)
    ticket = replace(
        ticket,
        due_at=watched.due_at if watched else None,
        provisional=any(clock.provisional for clock in clocks if clock.stopped_at is None),
        awaits=awaited(log),
        party=party_of(ticket),
        version=len(log),
    )
    act_at = next_alarm(alarms(clocks, log, rules))
    uow.tickets.save(ticket, clocks, act_at=act_at, words=search_vector(_texts(ticket, log)))
    uow.notify(TICKETS_CHANNEL, ticket.number)
    return ticket


def _texts(ticket: Ticket, log: Sequence[TicketEvent]) -> Iterator[str | None]:
    """What a ticket can be found by; a telephone number only as a whole, and not by these."""
    yield from (ticket.number, ticket.contact_name, ticket.details, ticket.result)
    yield from ticket.fields.values()
    for event in log:
        if event.kind not in _SAID_ALREADY | _FOR_LISTENERS:
            yield from (value for value in event.data.values() if isinstance(value, str) and _is_prose(value))


_SAID_ALREADY = frozenset(
    {EventKind.FORM_SAVED, EventKind.REGISTERED, EventKind.OPENED, EventKind.CONTACT_HEARD}
)
_FOR_LISTENERS = frozenset({EventKind.TRANSCRIPT_CORRECTED, EventKind.BRIEFED})
"""What a recording says is found by those alone who may hear it: `TicketFilter.listener`. A briefing is not found."""


def _is_prose(value: str) -> bool:
    return any(character > "\u2fff" for character in value) or " " in value
