"""A ticket: its states, what may happen in each, and what each event makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    BRIEFED = "briefed"
    COMPLEXITY_SET = "complexity_set"
    NOTED = "noted"
    ATTACHED = "attached"
    WAITED = "waited"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    TRANSCRIPT_CORRECTED = "transcript_corrected"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"
    MESSAGE = "message"
    CALLED_BACK = "called_back"
    COVERED = "covered"
    REPLIED = "replied"
    GROUP_MADE = "group_made"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    POSTPONED = "postponed"
    PROGRESS_TOLD = "progress_told"
    OFFICE_NAMED = "office_named"
    NOTICE_GIVEN = "notice_given"
    PAPERS_MISSING = "papers_missing"
    PAPERS_RECEIVED = "papers_received"
    RECEIPT_GIVEN = "receipt_given"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    EXTENSION_TOLD = "extension_told"
    COMPLAINT_TAKEN_TOLD = "complaint_taken_told"
    COMPLAINT_REFERRED = "complaint_referred"
    FILE_SENT = "file_sent"
    HEAD_INFORMED = "head_informed"
    COMPLAINANT_TOLD = "complainant_told"
    RESPONSIBILITY_TRACED = "responsibility_traced"
    SUGGESTION_REPORTED = "suggestion_reported"
    SUGGESTION_DECIDED = "suggestion_decided"
    SUGGESTION_ANSWERED = "suggestion_answered"
    ASSIGNMENT_GIVEN = "assignment_given"
    ASSIGNMENT_TAKEN = "assignment_taken"
    ASSIGNMENT_DONE = "assignment_done"
    MEETING_NOTED = "meeting_noted"
    DISAGREEMENT_RAISED = "disagreement_raised"
    DISAGREEMENT_DECIDED = "disagreement_decided"
    SATISFACTION_ASKED = "satisfaction_asked"
    SATISFACTION_GIVEN = "satisfaction_given"


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
    (Status.OPEN, EventKind.PAPERS_MISSING): Status.WAITING,
    (Status.WAITING, EventKind.PAPERS_RECEIVED): Status.OPEN,
    (Status.WAITING, EventKind.RESOLVED): Status.RESOLVED,
    (Status.RESOLVED, EventKind.REOPENED): Status.OPEN,
    (Status.RESOLVED, EventKind.CLOSED): Status.CLOSED,
}
"""Events that move a ticket."""

_LIVE = frozenset({Status.OPEN, Status.WAITING})
_OPENED = _LIVE | {Status.RESOLVED}
STAYS: Mapping[EventKind, frozenset[Status]] = {
    EventKind.FORM_SAVED: _OPENED,
    EventKind.COMPLEXITY_SET: _LIVE,
    EventKind.TAKEN: _LIVE,
    EventKind.WARNED: _OPENED,
    EventKind.BREACHED: _OPENED,
    EventKind.ESCALATED: _OPENED,
    EventKind.MESSAGE: frozenset(Status) - {Status.DISMISSED, Status.CLOSED},
    EventKind.CALLED_BACK: frozenset(Status),
    EventKind.COVERED: _OPENED | {Status.REGISTERING},
    EventKind.REPLIED: _OPENED,
    EventKind.GROUP_MADE: _LIVE,
    EventKind.ACKNOWLEDGED: _OPENED,
    EventKind.ASSIGNED: _LIVE,
    EventKind.POSTPONED: _LIVE,
    EventKind.PROGRESS_TOLD: _LIVE,
    EventKind.OFFICE_NAMED: _OPENED,
    EventKind.NOTICE_GIVEN: _OPENED,
    EventKind.PAPERS_RECEIVED: frozenset({Status.OPEN}),
    EventKind.RECEIPT_GIVEN: _LIVE,
    EventKind.EXTENSION_REQUESTED: _LIVE,
    EventKind.EXTENSION_GRANTED: _LIVE,
    EventKind.EXTENSION_REFUSED: _LIVE,
    EventKind.EXTENSION_TOLD: _OPENED,
    EventKind.COMPLAINT_TAKEN_TOLD: _OPENED,
    EventKind.COMPLAINT_REFERRED: _LIVE,
    EventKind.FILE_SENT: _LIVE,
    EventKind.HEAD_INFORMED: _LIVE,
    EventKind.COMPLAINANT_TOLD: _LIVE,
    EventKind.RESPONSIBILITY_TRACED: _OPENED | {Status.CLOSED},
    EventKind.SUGGESTION_REPORTED: _LIVE,
    EventKind.SUGGESTION_DECIDED: _LIVE,
    EventKind.SUGGESTION_ANSWERED: _LIVE,
    EventKind.ASSIGNMENT_GIVEN: _LIVE,
    EventKind.ASSIGNMENT_TAKEN: _LIVE,
    EventKind.ASSIGNMENT_DONE: _LIVE,
    EventKind.MEETING_NOTED: _LIVE,
    EventKind.DISAGREEMENT_RAISED: _LIVE,
    EventKind.DISAGREEMENT_DECIDED: _LIVE,
    EventKind.SATISFACTION_ASKED: frozenset({Status.RESOLVED}),
    EventKind.SATISFACTION_GIVEN: frozenset({Status.RESOLVED}),
    EventKind.BRIEFED: frozenset(Status),
    EventKind.HANDED: _LIVE | {Status.REGISTERING},
    EventKind.NOTED: frozenset(Status) - {Status.DISMISSED},
    EventKind.ATTACHED: frozenset(Status) - {Status.DISMISSED},
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
    closed_at: datetime | None = None
    policy_digest: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the policy's own fields hold, by key."""
    result: str | None = None
    """What the caller was told at the end."""
    satisfaction: str | None = None
    """The latest answer, a key of the policy's scale."""
    awaits: str | None = None
    """What waits for the head's decision."""
    party: str | None = None
    """Who is served, for their file (S40): a telephone number or an account, in one spelling."""
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
    fields: Mapping[str, str] = field(default_factory=dict)


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
    if event is EventKind.CLOSED:
        return replace(ticket, status=status, closed_at=at)
    return replace(ticket, status=status)


def fill_in(ticket: Ticket, form: TicketForm, at: datetime) -> Ticket:
    """The ticket with the form on it. A number, once there, ends `contact_withheld`.

    A field of the policy's own that the form leaves out stays as it is; one that it holds empty is emptied.
    """
    fields = {**ticket.fields, **form.fields}
    return replace(
        ticket,
        kind=form.kind,
        contact_name=form.contact_name,
        contact_phone=form.contact_phone,
        contact_withheld=ticket.contact_withheld and form.contact_phone is None,
        details=form.details,
        wished_reply=form.wished_reply,
        complexity=form.complexity,
        fields={key: value for key, value in fields.items() if value},
        form_saved_at=ticket.form_saved_at or at,
    )
