"""The form of a matter: opening a ticket with it, saving it, choosing how hard it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from callcenter.domain.calls import Person
from callcenter.domain.chain import Value
from callcenter.domain.numbers import CONSOLE_NODE, TicketNumber
from callcenter.domain.policy import Label, Needed, Policy
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
from callcenter.services.rules import rules_of
from callcenter.services.ticket_log import lock_ticket, record

DETAILS_LIMIT = 20_000


class BadForm(ShouwenError):
    """A field of the form holds something that the policy does not know."""

    def __init__(self, field: str, value: str, fault: str = "see the policy") -> None:
        super().__init__(
            f"{value!r} does not fit {field}: {fault}" if value else f"{field}: needed, please fill it in"
        )
        self.field = field
        self.missing = not value


class OpeningFieldsMissing(BadForm):
    """Fields that the policy asks for before a ticket is opened hold nothing; `fields` names them all (H33, S22)."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields), "")
        self.fields = fields


def next_console_number(uow: UnitOfWork, day: date) -> str:
    """The next number of the console (node 0) on the local `day`; an undone transaction gives it back."""
    return str(TicketNumber(day=day, node=CONSOLE_NODE, serial=uow.tickets.next_serial(day)))


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

    What the policy asks for at the opening has to be there (H33, S22); of a ticket that was opened without it, by a
    message or under another kind, nothing that it asks for may be emptied. Raises BadForm, OpeningFieldsMissing,
    NotAllowed, StaleTicket, UnknownTicket.
    """
    before = ticket = lock_ticket(uow, number, version)
    policy = rules_of(uow, ticket).policy
    form = checked(form, policy, ticket.channel)
    changes: list[Change] = []
    if ticket.status is Status.REGISTERING:
        ticket = move(ticket, EventKind.OPENED, now)
        changes.append((EventKind.OPENED, {}))
    next_status(ticket.status, EventKind.FORM_SAVED)
    ticket = fill_in(ticket, form, now)
    missing = missing_fields(policy, ticket.channel, ticket, Needed.OPENING)
    if before.status is not Status.REGISTERING:
        never_there = missing_fields(policy, before.channel, before, Needed.OPENING)
        missing = [key for key in missing if key not in never_there]
    if missing:
        raise OpeningFieldsMissing(missing)
    changes.append(form_change(form, before.fields))
    return record(uow, ticket, *changes, actor=actor.extension, at=now)


def set_complexity(uow: UnitOfWork, number: str, complexity: str, actor: Person, now: datetime) -> Ticket:
    """Choose how hard the matter is; its clocks are counted anew from the same start."""
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.COMPLEXITY_SET)
    _known("complexity", complexity, rules_of(uow, ticket).policy.complexities)
    change: Change = (EventKind.COMPLEXITY_SET, {"complexity": complexity})
    return record(uow, replace(ticket, complexity=complexity), change, actor=actor.extension, at=now)


def _known(field: str, value: str, labels: Sequence[Label]) -> None:
    if value not in {label.key for label in labels}:
        raise BadForm(field, value)


def checked(form: TicketForm, policy: Policy, channel: str) -> TicketForm:
    """The form, cleaned; raises BadForm for a choice or a field that the policy does not know."""
    _known("kind", form.kind, policy.kinds)
    _known("complexity", form.complexity, policy.complexities)
    known = {each.key for each in policy.form_fields(channel, form.kind)}
    for key in form.fields:
        if key not in known:
            raise BadForm("fields", key)
    return replace(
        form,
        contact_name=clean(form.contact_name, NAME_LIMIT),
        contact_phone=clean(form.contact_phone, PHONE_LIMIT),
        details=clean(form.details, DETAILS_LIMIT) or "",
        fields={key: clean(value, DETAILS_LIMIT) or "" for key, value in form.fields.items()},
    )


def form_change(form: TicketForm, before: Mapping[str, str] | None = None) -> Change:
    """The form as the log has it; `before`: what the policy's own fields held, so that what was emptied is told."""
    data: dict[str, Value] = {
        "kind": form.kind,
        "contact_name": form.contact_name,
        "contact_phone": form.contact_phone,
        "details": form.details,
        "wished_reply": form.wished_reply and form.wished_reply.value,
        "complexity": form.complexity,
    }
    fields = {key: value for key, value in form.fields.items() if value or (before or {}).get(key)}
    if fields:
        data["fields"] = fields
    return EventKind.FORM_SAVED, data


def missing_fields(policy: Policy, channel: str, form: TicketForm | Ticket, needed: Needed) -> list[str]:
    """The fields that the policy asks for by then and that hold nothing, in the policy's order.

    An answer that opens the matter again is none to close it with: it was about the result before (H41, T20).
    """
    return [
        each.key
        for each in policy.form_fields(channel, form.kind)
        if each.needed is needed or (needed is Needed.CLOSING and each.needed is Needed.OPENING)
        if not _value(policy, form, each.key)
    ]


def _value(policy: Policy, form: TicketForm | Ticket, key: str) -> object:
    own = getattr(form, key, None) if key in _OWN else None
    answer = policy.answer(str(own)) if key == "satisfaction" and own else None
    return None if answer and answer.reopens else own or form.fields.get(key)


_OWN = frozenset({"contact_name", "contact_phone", "details", "wished_reply", "result", "satisfaction"})
