"""Calls over the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from callcenter.domain.access import Via
from callcenter.services.cursors import read_cursor, write_cursor
from web import seeing
from web.api.models import CallOut, ListOut
from web.api.shapes import call_out
from web.deps import ConsoleDep, Cursor, Limit, ProgramDep
from web.errors import NoSuchCall

router = APIRouter(prefix="/calls", tags=["calls"])


@router.get("", summary="Calls, newest first")
def list_calls(
    console: ConsoleDep,
    program: ProgramDep,
    since: Annotated[AwareDatetime | None, Query(description="arrived then or later")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ListOut[CallOut]:
    """Calls under way included."""
    after = read_cursor(cursor) if cursor else None
    with console.work() as work:
        calls, following = work.calls.list(since=since, cursor=after, limit=limit)
        seeing.calls(work, program, Via.API, calls, console.clock())
    return ListOut[CallOut](
        items=[call_out(call, program, console.settings.zone) for call in calls],
        next=write_cursor(*following) if following else None,
    )


@router.get("/{linkedid}", summary="One call")
def get_call(console: ConsoleDep, program: ProgramDep, linkedid: str) -> CallOut:
    """One call, from the moment it arrives."""
    with console.work() as work:
        call = work.calls.get(linkedid)
        if call is None:
            raise NoSuchCall
        seeing.call(work, program, Via.API, call, None, (), console.clock())
    return call_out(call, program, console.settings.zone)
