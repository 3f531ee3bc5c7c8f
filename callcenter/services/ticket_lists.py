"""Tickets to look at: one with its clocks and log, and lists of them page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.ticket_clocks import TicketClock
from callcenter.domain.tickets import Status, Ticket
from callcenter.services.cursors import read_cursor, write_cursor
from callcenter.services.ports import TicketFilter, UnitOfWork
from callcenter.services.ticket_log import UnknownTicket

LONGEST_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket and its clocks as they stand now; none while it is registering or dismissed."""

    ticket: Ticket
    clocks: tuple[TicketClock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """Some tickets, newest first; `next` is the cursor of the page after, None at the end."""

    items: tuple[TicketView, ...]
    next: str | None


def get_ticket(uow: UnitOfWork, number: str, now: datetime) -> TicketView:
    """The ticket; raises UnknownTicket."""
    ticket = uow.tickets.get(number)
    if ticket is None:
        raise UnknownTicket(number)
    return next(_views(uow, [ticket], now))


def ticket_history(uow: UnitOfWork, number: str) -> list[TicketEvent]:
    """The log of a ticket, in order; empty if there is no such ticket."""
    return uow.tickets.events(number)


def list_tickets(
    uow: UnitOfWork, wanted: TicketFilter, *, cursor: str | None = None, limit: int = 50, now: datetime
) -> TicketPage:
    """A page of at most `limit` (1 to 500) tickets; raises BadCursor.

    A page starts after a place, not a count: tickets that come in meanwhile neither repeat nor hide one.
    """
    limit = max(1, min(limit, LONGEST_PAGE))
    found = uow.tickets.page(wanted, read_cursor(cursor) if cursor else None, limit + 1)
    more = len(found) > limit
    shown = found[:limit]
    return TicketPage(
        items=tuple(_views(uow, shown, now)),
        next=write_cursor(shown[-1].created_at, shown[-1].number) if more else None,
    )


def _views(uow: UnitOfWork, tickets: list[Ticket], now: datetime) -> Iterator[TicketView]:
    clocks = uow.tickets.clocks([ticket.number for ticket in tickets])
    for ticket in tickets:
        hidden = ticket.status in (Status.REGISTERING, Status.DISMISSED)
        stored = () if hidden else clocks.get(ticket.number, ())
        yield TicketView(ticket=ticket, clocks=tuple(clock.at(now) for clock in stored))
