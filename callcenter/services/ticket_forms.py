"""The form of a matter: opening a ticket with it, saving it, choosing how hard it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from callcenter.domain.calls import Person
from callcenter.domain.chain import Value
from callcenter.domain.numbers import CONSOLE_NODE, TicketNumber
from callcenter.domain.policy import Label, Policy
from callcenter.domain.text import clean
from callcenter.domain.tickets import (
    Change,
    EventKind,
    Status,
    Ticket,
    TicketForm,
    fill_in,
    move,
    next_status,
)
from callcenter.errors import ShouwenError
from callcenter.services.call_tickets import NAME_LIMIT, PHONE_LIMIT
from callcenter.services.ports import UnitOfWork
from callcenter.services.ticket_log import lock_ticket, record

DETAILS_LIMIT = 20_000


class NumberTaken(ShouwenError):
    """There is a ticket of this number already."""


class BadForm(ShouwenError):
    """A field of the form holds something that the policy does not know."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{value!r} is no {field} of this policy")
        self.field = field


def next_console_number(uow: UnitOfWork, day: date) -> str:
    """The next number of the console (node 0) on the local `day`; an undone transaction gives it back."""
    return str(TicketNumber(day=day, node=CONSOLE_NODE, serial=uow.tickets.next_serial(day)))


def create_ticket(
    uow: UnitOfWork, *, number: str, form: TicketForm, actor: Person, now: datetime, channel: str = "phone"
) -> Ticket:
    """A ticket opened in the console without a call, owned by `actor`."""
    policy = uow.rules.of(uow.rules.default).policy
    form = _checked(form, policy)
    blank = Ticket(
        number=number,
        channel=channel,
        kind=form.kind,
        complexity=form.complexity,
        status=next_status(None, EventKind.OPENED),
        owner=actor,
        handler=actor,
        policy=policy.name,
        created_at=now,
        opened_at=now,
    )
    ticket = fill_in(blank, form, now)
    if not uow.tickets.add(ticket):
        raise NumberTaken(f"there is a ticket {number} already")
    opened: Change = (EventKind.OPENED, {"owner": actor.extension})
    return record(uow, ticket, opened, _form_change(form), actor=actor.extension, at=now)


def save_form(
    uow: UnitOfWork,
    *,
    number: str,
    form: TicketForm,
    actor: Person,
    now: datetime,
    version: int | None = None,
) -> Ticket:
    """Save the form; a registering ticket opens with it.

    Raises BadForm, NotAllowed, StaleTicket, UnknownTicket.
    """
    ticket = lock_ticket(uow, number, version)
    form = _checked(form, uow.rules.of(ticket.policy).policy)
    changes: list[Change] = []
    if ticket.status is Status.REGISTERING:
        ticket = move(ticket, EventKind.OPENED, now)
        changes.append((EventKind.OPENED, {}))
    next_status(ticket.status, EventKind.FORM_SAVED)
    changes.append(_form_change(form))
    return record(uow, fill_in(ticket, form, now), *changes, actor=actor.extension, at=now)


def set_complexity(uow: UnitOfWork, number: str, complexity: str, actor: Person, now: datetime) -> Ticket:
    """Choose how hard the matter is; its clocks are counted anew from the same start."""
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.COMPLEXITY_SET)
    _known("complexity", complexity, uow.rules.of(ticket.policy).policy.complexities)
    change: Change = (EventKind.COMPLEXITY_SET, {"complexity": complexity})
    return record(uow, replace(ticket, complexity=complexity), change, actor=actor.extension, at=now)


def _known(field: str, value: str, labels: tuple[Label, ...]) -> None:
    if value not in {label.key for label in labels}:
        raise BadForm(field, value)


def _checked(form: TicketForm, policy: Policy) -> TicketForm:
    _known("kind", form.kind, policy.kinds)
    _known("complexity", form.complexity, policy.complexities)
    return replace(
        form,
        contact_name=clean(form.contact_name, NAME_LIMIT),
        contact_phone=clean(form.contact_phone, PHONE_LIMIT),
        details=clean(form.details, DETAILS_LIMIT) or "",
    )


def _form_change(form: TicketForm) -> Change:
    data: dict[str, Value] = {
        "kind": form.kind,
        "contact_name": form.contact_name,
        "contact_phone": form.contact_phone,
        "details": form.details,
        "wished_reply": form.wished_reply and form.wished_reply.value,
        "complexity": form.complexity,
    }
    return EventKind.FORM_SAVED, data
