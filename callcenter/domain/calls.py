"""A call as the desk sees it: its events, and the fold that turns them into one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What can happen in a call; the journal stores these names."""

    ARRIVED = "arrived"
    LANGUAGE = "language"
    """The caller chose the language of the call, by a key."""
    RINGING = "ringing"
    ANSWERED = "answered"
    LEG_UP = "leg_up"
    GREETED = "greeted"
    HANDOFF_REQUESTED = "handoff_requested"
    HANDOFF_BRIEFED = "handoff_briefed"
    HANDOFF_ANSWERED = "handoff_answered"
    HANDOFF_ENDED = "handoff_ended"
    QUEUE_LEFT = "queue_left"
    RECORDING_STARTED = "recording_started"
    RECORDING_ENDED = "recording_ended"
    CALL_BACK = "call_back"
    """Of a call that we place, never of one that comes: see `callcenter.domain.call_backs`."""
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended, in the contract's words."""

    ANSWERED = "answered"
    CALLBACK = "callback"
    CLOSED = "closed"
    NO_ANSWER = "no_answer"
    ABANDONED = "abandoned"
    FAILED = "failed"


LANGUAGES = ("zh", "en")
"""What a call can be spoken in."""


def other_language(language: str) -> str:
    """The one that key 9 changes to."""
    return "zh" if language == "en" else "en"


class Mode(StrEnum):
    """How a caller was handed on."""

    LIVE = "live"
    RECORDED = "recorded"
    PHONE = "phone"


class HandoffOutcome(StrEnum):
    """How an attempt to hand the caller on ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class Source(StrEnum):
    """Whether the desk saw the call as it happened or read it from Asterisk's own record later."""

    LIVE = "live"
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff as a call names them."""

    extension: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing that happened in the call `linkedid` at the aware UTC instant `at`."""

    linkedid: str
    at: datetime
    kind: Kind
    data: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """One attempt to hand the caller to a colleague (H11)."""

    mode: Mode
    from_: Person
    to: Person
    requested_at: datetime
    answered_at: datetime | None = None
    completed_at: datetime | None = None
    outcome: HandoffOutcome | None = None
    within_limit: bool | None = None
    briefing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The caller's message: `path` relative to the recordings folder; `phone` None when withheld and none was keyed."""

    path: str
    started_at: datetime
    ended_at: datetime | None = None
    seconds: float | None = None
    ticket: str
    language: str
    phone: str | None = None
    phone_keyed: bool = False
    wished_reply: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The record of one call; times are aware UTC instants, spans whole milliseconds."""

    linkedid: str
    line: str
    caller: str | None
    caller_name: str | None
    arrived_at: datetime
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answer_ms: int | None = None
    wait_ms: int | None = None
    greeting_ms: int | None = None
    first_responder: Person | None = None
    outcome: Outcome | None = None
    handoffs: tuple[Handoff, ...] = ()
    recordings: tuple[Recording, ...] = ()
    ticket: str | None = None
    language: str | None = None
    """What the desk spoke with the caller last; None of a call that was only rebuilt, or is older than languages."""
    source: Source = Source.LIVE
    disagreements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    """Calls in numbers, those under way included.

    `median_ms`: the median of ringing to answer over answered calls that rang; None when there is none.
    """

    offered: int
    answered: int
    callbacks: int
    median_ms: int | None
