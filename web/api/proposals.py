"""What the rules, and a local model where there is one, propose for a ticket's form from its message."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from callcenter.domain.access import Via
from callcenter.services.rules import rules_of
from callcenter.services.tickets import get_ticket
from web import seeing
from web.api.models import ListOut, Shape
from web.deps import ConsoleDep, ProgramDep
from web.errors import NotForYou
from web.views.proposals import made

router = APIRouter(prefix="/tickets/{number}/proposals", tags=["tickets"])


class ProposalOut(Shape):
    """One proposal; a telephone number never is one."""

    field: Annotated[
        str, Field(description="contact_name, kind, wished_reply, or a field of the policy's own")
    ]
    value: str
    words: Annotated[str, Field(description="the caller's words that say so")]
    start_s: Annotated[float | None, Field(description="where they begin in the recording")]
    confidence: Annotated[float | None, Field(description="0..1; null where a person corrected the text")]
    doubtful: bool
    source: Literal["rules", "model"]


class ProposalsOut(ListOut[ProposalOut]):
    """All proposals; `complete` is false while the transcript or the model's answer is still to come."""

    complete: bool


@router.get("", summary="What is proposed for the form from the caller's message")
def list_all(console: ConsoleDep, program: ProgramDep, number: str) -> ProposalsOut:
    """Whatever the form holds by now. 403 if the words of the message are not open to the token."""
    with console.work() as work:
        ticket = get_ticket(work, number, console.clock()).ticket
        call = work.calls.get(ticket.linkedid) if ticket.linkedid else None
        if not program.may_hear(ticket, call):
            raise NotForYou
        policy, said = rules_of(work, ticket).policy, work.transcripts.of_ticket(number)
        seeing.ticket(work, program, Via.API, ticket, call, [said] if said else [], console.clock())
    found, to_come = made(console, said, ticket, policy)
    items = [
        ProposalOut(
            field=each.field,
            value=each.value,
            words=each.words,
            start_s=each.start_s,
            confidence=each.confidence,
            doubtful=each.doubtful,
            source=each.source.value,
        )
        for each in found
    ]
    return ProposalsOut(items=items, next=None, complete=not to_come)
