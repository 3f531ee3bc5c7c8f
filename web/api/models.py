"""The API's shapes, word for word as the contract has them."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")


class Shape(BaseModel):
    """Base: what is not listed is not there."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class PersonOut(Shape):
    """A member of staff."""

    extension: str
    name: str


class HandoffOut(Shape):
    """One attempt to hand the caller on (H11)."""

    mode: Literal["live", "recorded", "phone"]
    from_: Annotated[PersonOut, Field(alias="from")]
    to: PersonOut
    requested_at: AwareDatetime
    answered_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    outcome: Literal["accepted", "refused", "no_answer", "timed_out", "cancelled"] | None
    within_limit: bool | None


class CallOut(Shape):
    """One call, from the moment it arrives."""

    linkedid: str
    line: str
    caller: str | None
    caller_name: str | None
    arrived_at: AwareDatetime
    rang_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    answer_ms: int | None
    wait_ms: int | None
    greeting_ms: int | None
    first_responder: PersonOut | None
    outcome: Literal["answered", "callback", "closed", "no_answer", "abandoned", "failed"] | None
    handoffs: list[HandoffOut]
    ticket: str | None
    source: Literal["live", "rebuilt"]


class ContactOut(Shape):
    """Whom to answer; `phone` is null when it was withheld and none was keyed."""

    name: str | None
    phone: str | None
    withheld: bool


class ClockOut(Shape):
    """One limit of the regulation on one ticket."""

    clock: str
    due_at: AwareDatetime
    state: Literal["running", "met", "breached", "paused", "cancelled"]
    provisional: bool


class TranscriptOut(Shape):
    """What the machine, or a person after it, made of the recording."""

    state: Literal["pending", "done", "empty", "failed"]
    text: str | None
    engine: str | None


class CorrectionOut(Shape):
    """One change by a person; `text` null took it back to the machine's."""

    version: int
    text: str | None
    by: str
    at: AwareDatetime


class MessageOut(TranscriptOut):
    """All that is known of a ticket's newest message.

    `cause` says why there is no text, `remarks` what to know of it; `done_s` of `total_s` are written. `version`
    counts the corrections.
    """

    machine_text: str | None
    language: str
    cause: str | None
    remarks: list[str]
    done_s: float
    total_s: float | None
    version: int
    corrections: list[CorrectionOut]


TicketStatus = Literal["registering", "open", "waiting", "resolved", "closed", "dismissed"]
WishedReplyName = Literal["today", "tomorrow", "this_week"]


class TicketOut(Shape):
    """One matter."""

    number: str
    channel: str
    kind: str
    complexity: str
    status: TicketStatus
    owner: PersonOut | None
    handler: PersonOut | None
    contact: ContactOut
    details: str
    wished_reply: WishedReplyName | None
    clocks: list[ClockOut]
    transcript: TranscriptOut | None
    call: str | None
    created_at: AwareDatetime


class ListOut(Shape, Generic[T]):
    """A page of a list, newest first; `next` is the cursor of the following page."""

    items: list[T]
    next: str | None


class JournalOut(Shape):
    """Events of the journal that are not yet in the database."""

    backlog: int


class PartsOut(Shape):
    """Each part as last seen."""

    asterisk: Literal["ok", "down"]
    agi: Literal["ok", "down"]
    database: Literal["ok", "down"]
    worker: Literal["ok", "down"]
    journal: JournalOut


class HealthOut(Shape):
    """The desk's health."""

    status: Literal["ok", "degraded", "down"]
    version: str
    parts: PartsOut


class ProblemOut(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[dict[str, str]] | None = None
