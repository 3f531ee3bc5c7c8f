"""A change of one ticket, whether by form or by program: who may make it, and what it looks like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.tickets import Ticket
from callcenter.services.staff import active_member
from callcenter.services.tickets import get_ticket
from web.errors import NotForYou
from web.viewer import Viewer, involved_in_ticket

Change = Callable[[SqlUnitOfWork, str, Person, datetime], object]
"""A use case by ticket number, person and instant, such as `tickets.resume`."""

TextChange = Callable[[SqlUnitOfWork, str, str, Person, datetime], object]
"""One that takes a text too, such as `tickets.add_note`."""


def with_text(change: TextChange, text: str) -> Change:
    """The change with its text given."""
    return lambda work, number, person, now: change(work, number, text, person, now)


def acting_for(work: SqlUnitOfWork, program: Viewer, actor: str) -> Viewer:
    """The member of staff for whom a program does something; what a manager may do needs a manager's token.

    Raises UnknownStaff, NotForYou.
    """
    acting = Viewer.of(active_member(work, actor))
    if acting.is_manager and not program.is_manager:
        raise NotForYou
    return acting


def ticket_to_change(work: SqlUnitOfWork, number: str, viewer: Viewer, now: datetime) -> Ticket:
    """The ticket, for those involved and managers; raises UnknownTicket, NotForYou."""
    ticket = get_ticket(work, number, now).ticket
    call = work.calls.get(ticket.linkedid) if ticket.linkedid else None
    if not viewer.may_see(involved_in_ticket(ticket, call)):
        raise NotForYou
    return ticket
