"""Passing a ticket on to a colleague by hand: the handler is away, the first responder takes the matter in (S2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from callcenter.domain.calls import Person
from callcenter.domain.reminders import ReminderKind
from callcenter.domain.text import clean
from callcenter.domain.tickets import Change, EventKind, Ticket, next_status
from callcenter.services.ports import UnitOfWork
from callcenter.services.reminders import tell
from callcenter.services.rosters import roster_of
from callcenter.services.staff import active_member
from callcenter.services.ticket_forms import DETAILS_LIMIT, BadForm
from callcenter.services.ticket_log import lock_ticket, record
from callcenter.services.tickets import take


def pass_on(uow: UnitOfWork, number: str, to: str, text: str, actor: Person, now: datetime) -> Ticket:
    """`to` handles it from now on, with the words `text`; the owner stays. Who passes on nobody's ticket took it.

    If `to` is away, whoever stands in gets it, until `to` is back: look at the ticket's handler. Raises
    UnknownTicket, NotAllowed, UnknownStaff, BadForm for no words or for who has it already.
    """
    words = clean(text, DETAILS_LIMIT)
    if words is None:
        raise BadForm("text", "")
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.HANDED)
    member = active_member(uow, to)
    if ticket.handler is not None and ticket.handler.extension == to:
        raise BadForm("to", to)
    if ticket.owner is None:
        ticket = take(uow, number, actor, now)
    roster = roster_of(uow, now)
    changes: list[Change] = [(EventKind.HANDED, {"handler": to, "text": words})]
    receiver = Person(extension=to, name=member.name)
    acting = roster.acting(to)
    if acting != to:
        receiver = Person(extension=acting, name=roster.members[acting].name)
        changes.append((EventKind.COVERED, {"for": to, "handler": acting, "absence": roster.away[to].id}))
    ticket = record(uow, replace(ticket, handler=receiver), *changes, actor=actor.extension, at=now)
    if acting != actor.extension:
        fact = f"handed:{number}:{ticket.version}"
        tell(uow, ReminderKind.HANDED, fact, [acting], now, ticket=ticket)
    return ticket
