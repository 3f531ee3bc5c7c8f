"""Calls and tickets in the API's shapes: the centre's zone, numbers masked for who may not see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.domain.calls import Call, Handoff, Person
from callcenter.domain.transcripts import Correction, StoredTranscript
from callcenter.services.tickets import TicketView
from web.api.models import (
    CallOut,
    ClockOut,
    ContactOut,
    CorrectionOut,
    HandoffOut,
    MessageOut,
    PersonOut,
    TicketOut,
    TranscriptOut,
)
from web.viewer import Viewer


def local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The instant with the centre's offset."""
    return at.astimezone(zone) if at else None


def person_out(person: Person | None) -> PersonOut | None:
    """A person, or null."""
    return PersonOut(extension=person.extension, name=person.name) if person else None


def handoff_out(handoff: Handoff, zone: ZoneInfo) -> HandoffOut:
    """One attempt to hand on."""
    return HandoffOut.model_validate(
        {
            "mode": handoff.mode.value,
            "from": person_out(handoff.from_),
            "to": person_out(handoff.to),
            "requested_at": local(handoff.requested_at, zone),
            "answered_at": local(handoff.answered_at, zone),
            "completed_at": local(handoff.completed_at, zone),
            "outcome": handoff.outcome.value if handoff.outcome else None,
            "within_limit": handoff.within_limit,
        }
    )


def call_out(call: Call, viewer: Viewer, zone: ZoneInfo) -> CallOut:
    """One call."""
    return CallOut.model_validate(
        {
            "linkedid": call.linkedid,
            "line": call.line,
            "caller": viewer.caller_of(call),
            "caller_name": call.caller_name,
            "arrived_at": local(call.arrived_at, zone),
            "rang_at": local(call.rang_at, zone),
            "answered_at": local(call.answered_at, zone),
            "ended_at": local(call.ended_at, zone),
            "answer_ms": call.answer_ms,
            "wait_ms": call.wait_ms,
            "greeting_ms": call.greeting_ms,
            "first_responder": person_out(call.first_responder),
            "outcome": call.outcome.value if call.outcome else None,
            "handoffs": [handoff_out(handoff, zone) for handoff in call.handoffs],
            "ticket": call.ticket,
            "source": call.source.value,
        }
    )


def ticket_out(
    view: TicketView, transcript: StoredTranscript | None, viewer: Viewer, zone: ZoneInfo
) -> TicketOut:
    """One ticket with its clocks and the newest message's words."""
    ticket = view.ticket
    return TicketOut.model_validate(
        {
            "number": ticket.number,
            "channel": ticket.channel,
            "kind": ticket.kind,
            "complexity": ticket.complexity,
            "status": ticket.status.value,
            "owner": person_out(ticket.owner),
            "handler": person_out(ticket.handler),
            "contact": ContactOut(
                name=ticket.contact_name,
                phone=viewer.contact_of(ticket),
                withheld=ticket.contact_withheld,
            ),
            "details": ticket.details,
            "wished_reply": ticket.wished_reply.value if ticket.wished_reply else None,
            "clocks": [
                ClockOut(
                    clock=clock.clock,
                    due_at=clock.due_at.astimezone(zone),
                    state=clock.state.value,
                    provisional=clock.provisional,
                )
                for clock in view.clocks
            ],
            "transcript": transcript_out(transcript, may_hear=viewer.may_hear(ticket, None)),
            "call": ticket.linkedid,
            "created_at": local(ticket.created_at, zone),
        }
    )


def transcript_out(stored: StoredTranscript | None, *, may_hear: bool = True) -> TranscriptOut | None:
    """The words of a recording; null when there is none.

    `text` is null until something was understood, and for who may not hear it.
    """
    if stored is None:
        return None
    text = (stored.reading or None) if may_hear else None
    return TranscriptOut(state=stored.state.value, text=text, engine=stored.engine or None)


def message_out(
    stored: StoredTranscript, corrections: Sequence[Correction], zone: ZoneInfo, *, may_hear: bool
) -> MessageOut:
    """A message with what people made of it; without its words for who may not hear it."""
    return MessageOut(
        state=stored.state.value,
        text=(stored.reading or None) if may_hear else None,
        engine=stored.engine or None,
        machine_text=(stored.text or None) if may_hear else None,
        language=stored.language,
        cause=stored.cause,
        remarks=list(stored.remarks),
        done_s=stored.done_s,
        total_s=stored.total_s,
        version=stored.version,
        corrections=[
            CorrectionOut(version=each.version, text=each.text, by=each.by, at=each.at.astimezone(zone))
            for each in (corrections if may_hear else ())
        ],
    )
