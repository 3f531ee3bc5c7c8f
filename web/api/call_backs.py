"""Calling back over the API: a program says for whom (`actor`), the ticket says which number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from callcenter.domain.access import Via
from callcenter.domain.call_backs import CallBack
from callcenter.services.call_backs import list_call_backs, request_call_back
from callcenter.services.tickets import get_ticket
from web import seeing
from web.api.models import PersonOut, Shape
from web.api.shapes import local
from web.api.ticket_actions import ActorIn
from web.changing import acting_for
from web.deps import ConsoleDep, ProgramDep
from web.privacy import mask
from web.viewer import Viewer

router = APIRouter(prefix="/tickets/{number}/call-backs", tags=["tickets"])

StateName = Literal["requested", "started", "ended"]
OutcomeName = Literal["reached", "busy", "no_answer", "no_route", "owner_no_answer", "given_up", "failed"]


class CallBackOut(Shape):
    """One attempt. `rang_at` and `answered_at` are the desk phone's, `reached_at` is the called person's answer."""

    id: int
    ticket: str
    by: PersonOut
    number: str | None
    requested_at: AwareDatetime
    state: StateName
    outcome: OutcomeName | None
    reason: str | None
    started_at: AwareDatetime | None
    rang_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    ringing_at: AwareDatetime | None
    reached_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    greeting_ms: int | None
    talk_ms: int | None
    recording: Annotated[int | None, Field(description="id of the recording, played at /recordings/{id}")]
    digit: str | None
    satisfaction: str | None


class CallBacksOut(Shape):
    """The attempts, newest first, all of them; `next_attempt_at` is proposed when nobody was reached."""

    items: list[CallBackOut]
    next: None = None
    next_attempt_at: AwareDatetime | None


@router.post("", status_code=202, summary="Ring the actor's phone, then the ticket's number")
def call_back(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> CallBackOut:
    """409 while one is under way; 422 if the ticket's number cannot be called. The desk takes it within seconds."""
    now = console.clock()
    with console.work() as work:
        person = acting_for(work, program, body.actor).person
        asked = request_call_back(work, number, person, now, barred=console.settings.barred)
        seeing.ticket(work, program, Via.API, get_ticket(work, number, now).ticket, None, [], now)
        work.commit()
    return _out(asked, program, {person.extension: person.name}, console.settings.zone, {})


@router.get("", summary="The attempts to call back, newest first")
def list_all(console: ConsoleDep, program: ProgramDep, number: str) -> CallBacksOut:
    """With the proposed instant of the next one."""
    now, zone = console.clock(), console.settings.zone
    with console.work() as work:
        ticket = get_ticket(work, number, now).ticket
        found = list_call_backs(work, number, now)
        names = work.call_reports.names(frozenset(each.extension for each in found.items))
        if found.items:
            seeing.ticket(work, program, Via.API, ticket, None, [], now)
    items = [_out(each, program, names, zone, found.recordings) for each in found.items]
    return CallBacksOut(items=items, next_attempt_at=local(found.next_at, zone))


def _out(
    each: CallBack, program: Viewer, names: Mapping[str, str], zone: ZoneInfo, recordings: Mapping[str, int]
) -> CallBackOut:
    return CallBackOut.model_validate(
        {
            "id": each.id,
            "ticket": each.ticket,
            "by": PersonOut(extension=each.extension, name=names.get(each.extension, each.extension)),
            "number": each.number if program.is_manager else mask(each.number),
            "requested_at": local(each.requested_at, zone),
            "state": each.state.value,
            "outcome": each.outcome.value if each.outcome else None,
            "reason": each.reason,
            "started_at": local(each.started_at, zone),
            "rang_at": local(each.rang_at, zone),
            "answered_at": local(each.answered_at, zone),
            "ringing_at": local(each.ringing_at, zone),
            "reached_at": local(each.reached_at, zone),
            "ended_at": local(each.ended_at, zone),
            "greeting_ms": each.greeting_ms,
            "talk_ms": each.talk_ms,
            "recording": recordings.get(each.recording or ""),
            "digit": each.digit,
            "satisfaction": each.satisfaction,
        }
    )
