"""A ticket: its states, what may happen in each, and what each event makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from callcenter.domain.calls import Person
from callcenter.domain.chain import Value
from callcenter.errors import ShouwenError


class Status(StrEnum):
    """Where a ticket stands, in the contract's words."""

    REGISTERING = "registering"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class EventKind(StrEnum):
    """What can happen to a ticket; the log stores these names."""

    REGISTERED = "registered"
    OPENED = "opened"
    FORM_SAVED = "form_saved"
    CONTACT_HEARD = "contact_heard"
    TAKEN = "taken"
    HANDED = "handed"
    COMPLEXITY_SET = "complexity_set"
    NOTED = "noted"
    WAITED = "waited"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    TRANSCRIPT_CORRECTED = "transcript_corrected"
    BREACHED = "breached"


class WishedReply(StrEnum):
    """When the caller would like an answer."""

    TODAY = "today"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"


class NotAllowed(ShouwenError):
    """The ticket's state does not allow this."""


class AlreadyOwned(ShouwenError):
    """The ticket has an owner already: the first to take it owns it for good."""

    def __init__(self, owner: Person) -> None:
        super().__init__(f"{owner.name} ({owner.extension}) took it first and owns it for good.")
        self.owner = owner


MOVES: Mapping[tuple[Status | None, EventKind], Status] = {
    (None, EventKind.REGISTERED): Status.REGISTERING,
    (None, EventKind.OPENED): Status.OPEN,
    (Status.REGISTERING, EventKind.OPENED): Status.OPEN,
    (Status.REGISTERING, EventKind.DISMISSED): Status.DISMISSED,
    # Dismissed while the caller still spoke on the recording: the message must not be lost with it.
    (Status.DISMISSED, EventKind.OPENED): Status.OPEN,
    (Status.OPEN, EventKind.DISMISSED): Status.DISMISSED,
    (Status.OPEN, EventKind.WAITED): Status.WAITING,
    (Status.OPEN, EventKind.RESOLVED): Status.RESOLVED,
    (Status.WAITING, EventKind.DISMISSED): Status.DISMISSED,
    (Status.WAITING, EventKind.RESUMED): Status.OPEN,
    (Status.WAITING, EventKind.RESOLVED): Status.RESOLVED,
    (Status.RESOLVED, EventKind.REOPENED): Status.OPEN,
    (Status.RESOLVED, EventKind.CLOSED): Status.CLOSED,
}
"""Events that move a ticket."""

_LIVE = frozenset({Status.OPEN, Status.WAITING})
STAYS: Mapping[EventKind, frozenset[Status]] = {
    EventKind.FORM_SAVED: _LIVE,
    EventKind.COMPLEXITY_SET: _LIVE,
    EventKind.TAKEN: _LIVE,
    EventKind.BREACHED: _LIVE,
    EventKind.HANDED: _LIVE | {Status.REGISTERING},
    EventKind.NOTED: frozenset(Status) - {Status.DISMISSED},
    EventKind.CONTACT_HEARD: frozenset(Status),
    EventKind.TRANSCRIPT_CORRECTED: frozenset(Status) - {Status.CLOSED},
}
"""Events that leave a ticket where it is, and the states in which they may happen."""


def next_status(status: Status | None, event: EventKind) -> Status:
    """Where `event` takes a ticket in `status` (None: there is none yet); raises NotAllowed for all else."""
    moved = MOVES.get((status, event))
    if moved is not None:
        return moved
    if status is not None and status in STAYS.get(event, frozenset()):
        return status
    raise NotAllowed(f"a ticket that is {status or 'not there'} cannot be {event.replace('_', ' ')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One matter. `owner` is a latch, `handler` whoever has it now; `version` counts its events.

    `form_saved_at`: when staff first saved the form; what a recording says later only goes to the log.
    """

    number: str
    channel: str = "phone"
    kind: str
    complexity: str
    status: Status
    owner: Person | None = None
    handler: Person | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_withheld: bool = False
    details: str = ""
    wished_reply: WishedReply | None = None
    linkedid: str | None = None
    policy: str
    created_at: datetime
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    form_saved_at: datetime | None = None
    due_at: datetime | None = None
    provisional: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForm:
    """What staff fill in (H30): the matter, whom to answer, and how hard it is."""

    kind: str
    contact_name: str | None
    contact_phone: str | None
    details: str
    wished_reply: WishedReply | None
    complexity: str


Change = tuple[EventKind, Mapping[str, Value]]
"""An event before it has its place in the log."""


def take(ticket: Ticket, person: Person) -> Ticket:
    """The ticket with `person` as owner and handler; raises AlreadyOwned if another owns it."""
    next_status(ticket.status, EventKind.TAKEN)
    if ticket.owner is not None and ticket.owner.extension != person.extension:
        raise AlreadyOwned(ticket.owner)
    return replace(ticket, owner=person, handler=person)


def move(ticket: Ticket, event: EventKind, at: datetime) -> Ticket:
    """The ticket after `event`, with the instants that go with its state; raises NotAllowed."""
    status = next_status(ticket.status, event)
    if event is EventKind.OPENED:
        return replace(ticket, status=status, opened_at=at)
    if event is EventKind.RESOLVED:
        return replace(ticket, status=status, resolved_at=at)
    if event is EventKind.REOPENED:
        return replace(ticket, status=status, resolved_at=None)
    return replace(ticket, status=status)


def fill_in(ticket: Ticket, form: TicketForm, at: datetime) -> Ticket:
    """The ticket with the form on it. A number, once there, ends `contact_withheld`."""
    return replace(
        ticket,
        kind=form.kind,
        contact_name=form.contact_name,
        contact_phone=form.contact_phone,
        contact_withheld=ticket.contact_withheld and form.contact_phone is None,
        details=form.details,
        wished_reply=form.wished_reply,
        complexity=form.complexity,
        form_saved_at=ticket.form_saved_at or at,
    )
