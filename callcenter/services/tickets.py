"""What staff do with tickets. Each function locks the ticket, changes it and logs it; the caller commits."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from callcenter.domain.calls import Person
from callcenter.domain.text import clean
from callcenter.domain.tickets import Change, EventKind, Ticket, move, next_status
from callcenter.domain.tickets import take as taken_by
from callcenter.errors import ShouwenError
from callcenter.services import transcripts
from callcenter.services.call_tickets import hand_over, open_for_answer, open_for_recording
from callcenter.services.cursors import BadCursor
from callcenter.services.ports import UnitOfWork
from callcenter.services.ticket_forms import (
    DETAILS_LIMIT,
    BadForm,
    NumberTaken,
    create_ticket,
    next_console_number,
    save_form,
    set_complexity,
)
from callcenter.services.ticket_lists import TicketPage, TicketView, get_ticket, list_tickets, ticket_history
from callcenter.services.ticket_log import SYSTEM, StaleTicket, UnknownTicket, lock_ticket, record
from callcenter.services.ticket_sweeps import recompute_provisional, record_breaches

__all__ = [
    "BadCursor",
    "BadForm",
    "NumberTaken",
    "ReasonNeeded",
    "StaleTicket",
    "TicketPage",
    "TicketView",
    "UnknownTicket",
    "add_note",
    "close",
    "correct_transcript",
    "create_ticket",
    "dismiss",
    "get_ticket",
    "hand_over",
    "list_tickets",
    "next_console_number",
    "open_for_answer",
    "open_for_recording",
    "recompute_provisional",
    "record_breaches",
    "reopen",
    "resolve",
    "resume",
    "save_form",
    "set_complexity",
    "take",
    "ticket_history",
    "wait",
]


class ReasonNeeded(ShouwenError):
    """Say why the ticket is dismissed."""


class TicketsUnitOfWork(UnitOfWork, transcripts.TranscriptUnitOfWork, Protocol):
    """A unit of work that has transcripts as well."""


def take(uow: UnitOfWork, number: str, actor: Person, now: datetime) -> Ticket:
    """Make `actor` the owner, for good; by the owner it changes nothing. Raises AlreadyOwned, NotAllowed."""
    ticket = lock_ticket(uow, number)
    owned = taken_by(ticket, actor)
    if ticket.owner is not None:
        return ticket
    change: Change = (EventKind.TAKEN, {"owner": actor.extension})
    return record(uow, owned, change, actor=actor.extension, at=now)


def add_note(uow: UnitOfWork, number: str, text: str, actor: Person, now: datetime) -> Ticket:
    """Add a note to the log; an empty one changes nothing."""
    ticket = lock_ticket(uow, number)
    return _moved(uow, ticket, EventKind.NOTED, text, actor, now) if clean(text, DETAILS_LIMIT) else ticket


def resolve(
    uow: UnitOfWork, number: str, text: str, actor: Person, now: datetime, *, version: int | None = None
) -> Ticket:
    """The caller has their answer `text`; the clocks stop. Whoever resolves what nobody took has taken it."""
    ticket = lock_ticket(uow, number, version)
    if ticket.owner is None:
        next_status(ticket.status, EventKind.RESOLVED)
        ticket = take(uow, number, actor, now)
    return _moved(uow, ticket, EventKind.RESOLVED, text, actor, now)


def reopen(uow: UnitOfWork, number: str, reason: str, actor: Person | None, now: datetime) -> Ticket:
    """The caller is not satisfied: a resolved ticket is handled again, with clocks from `now` (H41, T20)."""
    return _moved(uow, lock_ticket(uow, number), EventKind.REOPENED, reason, actor, now)


def close(uow: UnitOfWork, number: str, actor: Person | None, now: datetime) -> Ticket:
    """A resolved ticket is done with, for good."""
    return _moved(uow, lock_ticket(uow, number), EventKind.CLOSED, None, actor, now)


def wait(uow: UnitOfWork, number: str, reason: str, actor: Person, now: datetime) -> Ticket:
    """The ticket waits for somebody outside; its clocks run on."""
    return _moved(uow, lock_ticket(uow, number), EventKind.WAITED, reason, actor, now)


def resume(uow: UnitOfWork, number: str, actor: Person, now: datetime) -> Ticket:
    """The wait is over."""
    return _moved(uow, lock_ticket(uow, number), EventKind.RESUMED, None, actor, now)


def dismiss(uow: UnitOfWork, number: str, reason: str, actor: Person, now: datetime) -> Ticket:
    """No matter for us (wrong number), with a reason; the clocks are cancelled. Raises ReasonNeeded."""
    if clean(reason, DETAILS_LIMIT) is None:
        raise ReasonNeeded
    return _moved(uow, lock_ticket(uow, number), EventKind.DISMISSED, reason, actor, now)


def correct_transcript(uow: TicketsUnitOfWork, number: str, text: str, actor: Person, now: datetime) -> None:
    """Put what was really said beside the newest message's text and into the log; without one do nothing."""
    message = uow.transcripts.of_ticket(number)
    if message is not None:
        _moved(uow, lock_ticket(uow, number), EventKind.TRANSCRIPT_CORRECTED, text, actor, now)
        transcripts.correct_transcript(uow, message.recording_id, text=text, by=actor.extension, now=now)


def _moved(
    uow: UnitOfWork, ticket: Ticket, event: EventKind, text: str | None, actor: Person | None, now: datetime
) -> Ticket:
    words = clean(text, DETAILS_LIMIT)
    change: Change = (event, {"text": words} if words else {})
    who = actor.extension if actor else SYSTEM
    return record(uow, move(ticket, event, now), change, actor=who, at=now)
