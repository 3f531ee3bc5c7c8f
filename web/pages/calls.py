"""Calls: the list, and one call with its story, transfers and recordings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from callcenter.domain.fold import fold_call
from callcenter.domain.transcripts import Purpose
from callcenter.services.cursors import read_cursor, write_cursor
from web.deps import PageDep
from web.errors import NoSuchCall
from web.views.calls import story
from web.views.transcripts import Message

router = APIRouter()
ON_A_PAGE = 50


@router.get("/calls")
def list_calls(page: PageDep, cursor: Annotated[str | None, Query(max_length=500)] = None) -> HTMLResponse:
    """Calls, newest first."""
    after = read_cursor(cursor) if cursor else None
    with page.console.work() as work:
        calls, following = work.calls.list(cursor=after, limit=ON_A_PAGE)
    viewer = page.reader.viewer
    return page(
        "calls/list.html",
        "calls",
        calls=calls,
        next=write_cursor(*following) if following else None,
        later=cursor is not None,
        number_of=viewer.caller_of,
    )


@router.get("/calls/{linkedid}")
def show_call(page: PageDep, linkedid: str) -> HTMLResponse:
    """One call."""
    with page.console.work() as work:
        stored = work.calls.get(linkedid)
        if stored is None:
            raise NoSuchCall
        events = work.calls.events(linkedid)
        recordings = work.transcripts.of_call(linkedid)
        ticket = work.tickets.get(stored.ticket) if stored.ticket else None
    call = fold_call(events) or stored
    viewer = page.reader.viewer
    return page(
        "calls/one.html",
        "calls",
        call=call,
        story=story(events, call, page.say),
        number_of=viewer.caller_of,
        may_hear=viewer.may_hear(ticket, call),
        messages=[Message.of(r, call) for r in recordings if r.recording.purpose is Purpose.MESSAGE],
        briefings={
            r.recording.path: r.recording_id for r in recordings if r.recording.purpose is Purpose.BRIEFING
        },
    )
