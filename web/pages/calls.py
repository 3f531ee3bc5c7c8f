"""Calls: the list, and one call with its story, transfers and recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from callcenter.domain.access import Via
from callcenter.domain.calls import Outcome
from callcenter.domain.fold import fold_call
from callcenter.domain.periods import read_period
from callcenter.domain.transcripts import Purpose
from callcenter.services.answer_times import limits_of
from callcenter.services.call_lists import CallFilter, Subset
from callcenter.services.cursors import read_cursor, write_cursor
from web import seeing
from web.deps import PageDep, Since, Until
from web.errors import NoSuchCall
from web.views.calls import story
from web.views.report_links import narrowed, query_without
from web.views.transcripts import Message

router = APIRouter()
ON_A_PAGE = 50


@router.get("/calls")
def list_calls(
    page: PageDep,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    since: Since = None,
    until: Until = None,
    line: Annotated[str | None, Query(max_length=40)] = None,
    person: Annotated[str | None, Query(max_length=40)] = None,
    hour: Annotated[int | None, Query(ge=0, le=23)] = None,
    outcome: Outcome | None = None,
    only: Subset | None = None,
) -> HTMLResponse:
    """Calls, newest first; those behind a figure of a report alone, if it is asked for."""
    console, now = page.console, page.console.clock()
    zone = console.settings.zone
    after = read_cursor(cursor) if cursor else None
    wanted = CallFilter(
        period=read_period(since, until, zone, now) if since or until else None,
        line=line,
        person=person,
        hour=hour,
        outcome=outcome,
        only=only,
        limits=limits_of(console.rulebook, timedelta(seconds=console.settings.answer_threshold_s)),
    )
    with console.work_over(wanted.period) as work:
        calls, following = work.call_reports.calls_behind(wanted, zone, now, cursor=after, limit=ON_A_PAGE)
        seeing.calls(work, page.reader.viewer, Via.PAGE, calls, page.console.clock())
        names = work.call_reports.names(frozenset({person} if person else ()))
    viewer = page.reader.viewer
    return page(
        "calls/list.html",
        "calls",
        calls=calls,
        next=write_cursor(*following) if following else None,
        later=cursor is not None,
        narrowed=narrowed(wanted, names, page.say),
        query=query_without(page.request.query_params, "cursor"),
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
        call, viewer = fold_call(events) or stored, page.reader.viewer
        seeing.call(work, viewer, Via.PAGE, call, ticket, recordings, page.console.clock())
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
