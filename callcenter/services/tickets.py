"""What staff do with tickets. Each function locks the ticket, changes it and logs it; the caller commits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from callcenter.domain.calls import Person
from callcenter.domain.parties import party_of
from callcenter.domain.policy import Needed
from callcenter.domain.text import clean
from callcenter.domain.tickets import Change, EventKind, Ticket, move, next_status
from callcenter.domain.tickets import take as taken_by
from callcenter.domain.transcripts import Asked
from callcenter.errors import ShouwenError
from callcenter.services import transcripts
from callcenter.services.absences import give_back_reopened
from callcenter.services.call_backs import CallBackUnitOfWork, give_waiting_answer
from callcenter.services.call_tickets import hand_over, open_for_answer, open_for_recording
from callcenter.services.cursors import BadCursor
from callcenter.services.ports import UnitOfWork
from callcenter.services.registration import register, take_message
from callcenter.services.rules import rules_of
from callcenter.services.steps import give_satisfaction, take_step
from callcenter.services.ticket_forms import (
    DETAILS_LIMIT,
    BadForm,
    missing_fields,
    save_form,
    set_complexity,
)
from callcenter.services.ticket_lists import TicketPage, TicketView, get_ticket, list_tickets, ticket_history
from callcenter.services.ticket_log import SYSTEM, StaleTicket, UnknownTicket, lock_ticket, record
from callcenter.services.ticket_sweeps import record_alarms

__all__ = [
    "BadCursor",
    "BadForm",
    "FieldsMissing",
    "ReasonNeeded",
    "StaleTicket",
    "TicketPage",
    "TicketView",
    "UnknownTicket",
    "add_note",
    "close",
    "correct_transcript",
    "dismiss",
    "get_ticket",
    "give_satisfaction",
    "hand_over",
    "list_tickets",
    "open_for_answer",
    "open_for_recording",
    "record_alarms",
    "register",
    "reopen",
    "resolve",
    "restore_transcript",
    "resume",
    "save_form",
    "set_complexity",
    "take",
    "take_message",
    "take_step",
    "ticket_history",
    "transcribe_again",
    "wait",
]


class ReasonNeeded(ShouwenError):
    """Say why the ticket is dismissed."""


class FieldsMissing(ShouwenError):
    """Fields that the policy asks for before closing hold nothing; `fields` names them."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(f"before it is closed these have to be filled in: {', '.join(fields)}")
        self.fields = fields


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
    uow: CallBackUnitOfWork,
    number: str,
    text: str,
    actor: Person,
    now: datetime,
    *,
    version: int | None = None,
) -> Ticket:
    """The caller has their answer `text`; the clocks stop. Whoever resolves what nobody took has taken it.

    What the caller thinks of it may be known already, by a key at the end of the call back in which they were told.
    """
    ticket = lock_ticket(uow, number, version)
    if ticket.owner is None:
        next_status(ticket.status, EventKind.RESOLVED)
        ticket = take(uow, number, actor, now)
    ticket = replace(ticket, result=clean(text, DETAILS_LIMIT))
    resolved = _moved(uow, ticket, EventKind.RESOLVED, text, actor, now)
    return give_waiting_answer(uow, number, now) or resolved


def reopen(uow: UnitOfWork, number: str, reason: str, actor: Person | None, now: datetime) -> Ticket:
    """The caller is not satisfied: a resolved ticket is handled again, with clocks from `now` (H41, T20)."""
    ticket = _moved(uow, lock_ticket(uow, number), EventKind.REOPENED, reason, actor, now)
    return give_back_reopened(uow, ticket, now)


def close(uow: UnitOfWork, number: str, actor: Person | None, now: datetime) -> Ticket:
    """A resolved ticket is done with and goes to the file of the party served (H50, S40).

    Raises FieldsMissing, naming each field that the policy asks for and that holds nothing; NotAllowed.
    """
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.CLOSED)
    missing = missing_fields(rules_of(uow, ticket).policy, ticket.channel, ticket, Needed.CLOSING)
    if missing:
        raise FieldsMissing(missing)
    party = party_of(ticket)
    file = uow.tickets.party_file(party, now) if party else None
    change: Change = (EventKind.CLOSED, {"file": file} if file else {})
    who = actor.extension if actor else SYSTEM
    return record(uow, move(ticket, EventKind.CLOSED, now), change, actor=who, at=now)


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


def correct_transcript(
    uow: TicketsUnitOfWork,
    number: str,
    text: str,
    actor: Person,
    now: datetime,
    *,
    version: int | None = None,
) -> None:
    """Put what was really said beside the newest message's text and into the log.

    Without a message, or without words, nothing happens. Raises CorrectedMeanwhile if the text was
    corrected since `version`.
    """
    message, words = uow.transcripts.of_ticket(number), clean(text, DETAILS_LIMIT)
    if message is not None and words:
        _moved(uow, lock_ticket(uow, number), EventKind.TRANSCRIPT_CORRECTED, words, actor, now)
        transcripts.correct_transcript(
            uow, message.recording_id, text=words, by=actor.extension, now=now, version=version
        )


def restore_transcript(uow: TicketsUnitOfWork, number: str, actor: Person, now: datetime) -> None:
    """Take the newest message back to the machine's words; what people made of it is kept."""
    message = uow.transcripts.of_ticket(number)
    if message is not None and message.corrected is not None:
        _moved(uow, lock_ticket(uow, number), EventKind.TRANSCRIPT_CORRECTED, None, actor, now)
        transcripts.correct_transcript(uow, message.recording_id, text=None, by=actor.extension, now=now)


def transcribe_again(uow: TicketsUnitOfWork, number: str, asked: Asked, now: datetime) -> None:
    """Have the newest message transcribed from its start, in the language and by the engine asked for."""
    message = uow.transcripts.of_ticket(number)
    if message is not None:
        transcripts.transcribe_again(uow, message.recording_id, asked, now)


def _moved(
    uow: UnitOfWork, ticket: Ticket, event: EventKind, text: str | None, actor: Person | None, now: datetime
) -> Ticket:
    words = clean(text, DETAILS_LIMIT)
    change: Change = (event, {"text": words} if words else {})
    who = actor.extension if actor else SYSTEM
    return record(uow, move(ticket, event, now), change, actor=who, at=now)
