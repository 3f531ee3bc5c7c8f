"""Tickets that calls open: at the answer, and from a recording; opening one again is harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.domain.calls import Person
from callcenter.domain.chain import Value
from callcenter.domain.text import clean
from callcenter.domain.tickets import (
    Change,
    EventKind,
    Status,
    Ticket,
    WishedReply,
    move,
    next_status,
    take,
)
from callcenter.services.ports import TICKETS_CHANNEL, UnitOfWork
from callcenter.services.reminders import tell_of_message
from callcenter.services.rules import policy_of_new
from callcenter.services.ticket_log import SYSTEM, lock_ticket, record, seal

NAME_LIMIT = 256
PHONE_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A call that `responder` answered at `at`, with the ticket number it got; `phone` None when withheld."""

    number: str
    linkedid: str
    responder: Person
    phone: str | None
    name: str | None
    at: datetime


def open_for_answers(uow: UnitOfWork, answers: Sequence[Answer]) -> None:
    """The tickets of answered calls: `registering`, the responder's for good (H2, H32).

    Of a ticket that is there already only a missing owner is set. Many at once cost little more than one.
    """
    for responder in {answer.responder.extension: answer.responder for answer in answers}.values():
        uow.staff.know(responder)
    fresh = [_answered(uow, answer) for answer in answers]
    added = uow.tickets.add_all(fresh)
    sealed = [
        event
        for ticket in fresh
        if ticket.number in added and ticket.owner is not None
        for event in seal(
            ticket.number,
            [],
            (
                EventKind.REGISTERED,
                {"linkedid": ticket.linkedid, "owner": ticket.owner.extension, **_contact(ticket)},
            ),
            actor=ticket.owner.extension,
            at=ticket.created_at,
        )
    ]
    if sealed:
        uow.tickets.append(sealed)
        uow.notify(TICKETS_CHANNEL, *sorted(added))
    for answer in answers:
        if answer.number not in added:
            _own(uow, answer)


def _answered(uow: UnitOfWork, answer: Answer) -> Ticket:
    ticket = _new(
        uow, answer.number, answer.linkedid, answer.phone, answer.name, answer.at, EventKind.REGISTERED
    )
    return replace(ticket, owner=answer.responder, handler=answer.responder, version=1)


def _own(uow: UnitOfWork, answer: Answer) -> None:
    ticket = lock_ticket(uow, answer.number)
    if ticket.owner is None and ticket.status in (Status.OPEN, Status.WAITING):
        change: Change = (EventKind.TAKEN, {"owner": answer.responder.extension})
        record(uow, take(ticket, answer.responder), change, actor=answer.responder.extension, at=answer.at)


def open_for_answer(
    uow: UnitOfWork,
    *,
    number: str,
    linkedid: str,
    responder: Person,
    phone: str | None,
    name: str | None,
    at: datetime,
) -> Ticket:
    """One ticket of `open_for_answers`, as it then stands."""
    answer = Answer(number=number, linkedid=linkedid, responder=responder, phone=phone, name=name, at=at)
    open_for_answers(uow, [answer])
    return lock_ticket(uow, number)


def open_for_recording(
    uow: UnitOfWork,
    *,
    number: str,
    linkedid: str,
    phone: str | None,
    name: str | None,
    wished_reply: str | None,
    at: datetime,
) -> Ticket:
    """The `open` ticket of a recording; its clocks start at `at`. Without an answer before, it has no owner.

    Called again it takes in what the caller has said since (a confirmed number, a wish). What staff saved on
    the form is never overwritten: what the caller said then goes to the log alone.
    """
    heard = _new(uow, number, linkedid, phone, name, at, EventKind.OPENED)
    heard = replace(heard, opened_at=at, wished_reply=WishedReply(wished_reply) if wished_reply else None)
    said: dict[str, Value] = {**_contact(heard), "wished_reply": wished_reply}
    if uow.tickets.add(heard):
        opened: Change = (EventKind.OPENED, {"linkedid": linkedid, **said})
        return tell_of_message(uow, record(uow, heard, opened, actor=SYSTEM, at=at), at)
    ticket = lock_ticket(uow, number)
    changes: list[Change] = []
    if ticket.opened_at is None:
        ticket = move(ticket, EventKind.OPENED, at)
        changes.append((EventKind.OPENED, {"linkedid": linkedid}))
    if not any(event.data.items() >= said.items() for event in uow.tickets.events(number)):
        changes.append((EventKind.CONTACT_HEARD, said))
        if ticket.form_saved_at is None:
            ticket = _hear(ticket, heard)
    return record(uow, ticket, *changes, actor=SYSTEM, at=at) if changes else ticket


def hand_over(uow: UnitOfWork, *, number: str, to: Person, at: datetime) -> Ticket | None:
    """Note that `to` has the caller now: the handler changes, the owner never. None: no such ticket."""
    ticket = uow.tickets.lock(number)
    if ticket is None or ticket.status not in (Status.REGISTERING, Status.OPEN, Status.WAITING):
        return ticket
    if ticket.handler is not None and ticket.handler.extension == to.extension:
        return ticket
    uow.staff.know(to)
    change: Change = (EventKind.HANDED, {"handler": to.extension})
    return record(uow, replace(ticket, handler=to), change, actor=SYSTEM, at=at)


def _new(
    uow: UnitOfWork,
    number: str,
    linkedid: str,
    phone: str | None,
    name: str | None,
    at: datetime,
    event: EventKind,
) -> Ticket:
    policy = policy_of_new(uow)
    contact_phone = clean(phone, PHONE_LIMIT)
    return Ticket(
        number=number,
        kind=policy.kinds[0].key,
        complexity=policy.default_complexity,
        status=next_status(None, event),
        contact_name=clean(name, NAME_LIMIT),
        contact_phone=contact_phone,
        contact_withheld=contact_phone is None,
        linkedid=linkedid,
        policy=policy.name,
        policy_digest=policy.digest,
        created_at=at,
    )


def _contact(ticket: Ticket) -> dict[str, Value]:
    return {
        "contact_name": ticket.contact_name,
        "contact_phone": ticket.contact_phone,
        "contact_withheld": ticket.contact_withheld,
    }


def _hear(ticket: Ticket, heard: Ticket) -> Ticket:
    """`ticket` with what the caller said; what they did not say stays."""
    phone = heard.contact_phone or ticket.contact_phone
    return replace(
        ticket,
        contact_name=heard.contact_name or ticket.contact_name,
        contact_phone=phone,
        contact_withheld=phone is None,
        wished_reply=heard.wished_reply or ticket.wished_reply,
    )
