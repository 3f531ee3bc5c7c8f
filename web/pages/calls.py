"""Calls: the list, and one call with its story, transfers and recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Via
from callcenter.domain.briefings import TypedHandoff
from callcenter.domain.calls import Call, CallEvent, Outcome
from callcenter.domain.fold import fold_call
from callcenter.domain.periods import read_period
from callcenter.domain.tickets import Ticket
from callcenter.domain.transcripts import Purpose, StoredTranscript
from callcenter.runtime.models import store
from callcenter.runtime.spoken import VOICE
from callcenter.services.answer_times import limits_of
from callcenter.services.call_lists import CallFilter, Subset
from callcenter.services.cursors import read_cursor, write_cursor
from web import seeing
from web.deps import PageDep, Since, Until
from web.errors import NoSuchCall
from web.reading import Page
from web.viewer import involved_in_call
from web.views.calls import story
from web.views.handovers import HandOver, hand_over, typed_texts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What was typed into the form that hands the caller on, and what is wrong with it; `field`: where."""

    to: str = ""
    text: str = ""
    field: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A call with all that its page tells."""

    call: Call
    events: Sequence[CallEvent]
    ticket: Ticket | None
    recordings: Sequence[StoredTranscript]
    typed: Sequence[TypedHandoff]


def read_one(work: SqlUnitOfWork, linkedid: str) -> One:
    """The call. Raises NoSuchCall."""
    stored = work.calls.get(linkedid)
    if stored is None:
        raise NoSuchCall
    events = work.calls.events(linkedid)
    return One(
        call=fold_call(events) or stored,
        events=events,
        ticket=work.tickets.get(stored.ticket) if stored.ticket else None,
        recordings=work.transcripts.of_call(linkedid),
        typed=work.typed_handoffs.of_calls([linkedid]),
    )


def hand_over_of(work: SqlUnitOfWork, page: Page, one: One) -> HandOver | None:
    """The card with which the reader hands the caller on; None if the caller is none of theirs."""
    has_voice = store.installed(page.console.settings, VOICE) is not None
    now = page.console.clock()
    return hand_over(work, one.call, page.reader.viewer, now, typed=one.typed, has_voice=has_voice)


@router.get("/calls/{linkedid}")
def show_call(page: PageDep, linkedid: str) -> HTMLResponse:
    """One call."""
    return show_one(page, linkedid)


def show_one(page: Page, linkedid: str, again: Again = Again(), *, status: int = 200) -> HTMLResponse:
    """The call; after a form that could not be carried out its fields keep what was typed."""
    viewer = page.reader.viewer
    with page.console.work() as work:
        one = read_one(work, linkedid)
        card = hand_over_of(work, page, one)
        call, recordings = one.call, one.recordings
        seeing.call(work, viewer, Via.PAGE, call, one.ticket, recordings, page.console.clock())
    may_hear = viewer.may_hear(one.ticket, call)
    return page(
        "calls/one.html",
        "calls",
        code=status,
        call=call,
        captions=page.console.settings.captions == "on" and viewer.may_see(involved_in_call(call)),
        story=story(one.events, call, page.say),
        number_of=viewer.caller_of,
        may_hear=may_hear,
        hand_over=card,
        again=again,
        typed_texts=typed_texts(one.typed) if may_hear else {},
        messages=[Message.of(r, call) for r in recordings if r.recording.purpose is Purpose.MESSAGE],
        briefings={
            r.recording.path: r.recording_id for r in recordings if r.recording.purpose is Purpose.BRIEFING
        },
    )
