"""Handing a caller on with a typed briefing, over the API: a program says who has the caller (`actor`)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from callcenter.domain.access import Via
from callcenter.domain.briefings import LONGEST, TypedHandoff
from callcenter.domain.calls import Call
from callcenter.services.typed_handoffs import request_handoff
from web import seeing
from web.api.models import Shape
from web.api.shapes import local
from web.api.ticket_actions import Extension
from web.changing import acting_for
from web.console import Console
from web.deps import ConsoleDep, ProgramDep
from web.errors import NoSuchCall

router = APIRouter(prefix="/calls/{linkedid}/hand-overs", tags=["calls"])


class HandOverIn(Shape):
    """Who has the caller, whom to hand them to, and what the colleague is told."""

    actor: Extension
    to: Extension
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class HandOverOut(Shape):
    """One request. `handoff` is its place among the call's handoffs, counted from 1, once the desk has begun it."""

    id: int
    by: str
    to: str
    text: str | None
    requested_at: AwareDatetime
    state: Literal["requested", "handed", "declined"]
    refusal: Literal["not_holder", "busy", "gone", "nobody", "stale", "away"] | None
    handoff: int | None


class HandOversOut(Shape):
    """The requests of a call, newest first, all of them."""

    items: list[HandOverOut]
    next: None = None


@router.post("", status_code=202, summary="Hand the actor's caller on with a typed briefing")
def hand_over(console: ConsoleDep, program: ProgramDep, linkedid: str, body: HandOverIn) -> HandOverOut:
    """403 unless the actor has the caller; 409 while the caller is being handed on. The desk has the last word."""
    with console.work() as work:
        acting = acting_for(work, program, body.actor)
        if work.calls.get(linkedid) is None:
            raise NoSuchCall
        asked = request_handoff(
            work,
            linkedid,
            to=body.to,
            text=body.text,
            actor=acting.person,
            now=console.clock(),
            language=console.settings.language,
        )
        work.commit()
    return _out(asked, console, full=True)


@router.get("", summary="The requests to hand a call's caller on, newest first")
def list_all(console: ConsoleDep, program: ProgramDep, linkedid: str) -> HandOversOut:
    """The text is there for a manager's token alone."""
    with console.work() as work:
        call: Call | None = work.calls.get(linkedid)
        if call is None:
            raise NoSuchCall
        found = work.typed_handoffs.of_calls([linkedid])
        seeing.call(work, program, Via.API, call, None, (), console.clock())
    return HandOversOut(items=[_out(each, console, full=program.is_manager) for each in found])


def _out(asked: TypedHandoff, console: Console, *, full: bool) -> HandOverOut:
    return HandOverOut.model_validate(
        {
            "id": asked.id,
            "by": asked.extension,
            "to": asked.to,
            "text": asked.text if full else None,
            "requested_at": local(asked.requested_at, console.settings.zone),
            "state": asked.state.value,
            "refusal": asked.refusal.value if asked.refusal else None,
            "handoff": asked.handoff,
        }
    )
