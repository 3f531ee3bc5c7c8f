"""Supervision over the API: draws, sheets, scores, the yearly list. All of it needs a manager's token."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.periods import read_period
from callcenter.domain.scores import PersonScore, ScoreReport
from callcenter.services import supervision
from callcenter.services.cursors import BadCursor
from callcenter.services.staff import active_member
from web.api.models import ListOut
from web.api.supervision_models import (
    CheckOut,
    DrawIn,
    LineOut,
    OneCheckOut,
    PlaceOut,
    ScoresOut,
    SheetIn,
    YearOut,
    check_out,
)
from web.console import Console
from web.deps import ConsoleDep, Cursor, Limit, ManagersProgramDep, RowId, Since, Until
from web.errors import NotForYou
from web.viewer import Viewer
from web.views.periods import month_or
from web.views.supervision import formulas, ranking

router = APIRouter(prefix="/supervision", tags=["supervision"])


@router.post("/draws", summary="Draw matters to be checked, by lot")
def draw(console: ConsoleDep, program: ManagersProgramDep, body: DrawIn) -> ListOut[CheckOut]:
    """The seed is the machine's. 409 if nothing is left to draw."""
    now = console.clock()
    period = read_period(body.from_, body.to, console.settings.zone, now)
    with console.report_work() as work:
        actor = _manager(work, body.actor)
        drawn = supervision.draw_checks(
            work, count=body.count, period=period, actor=actor, seed=secrets.token_hex(16), now=now
        )
        work.commit()
    return ListOut[CheckOut](items=[check_out(each, console.settings.zone) for each in drawn], next=None)


@router.get("/checks", summary="Spot checks: those to do, or those done")
def checks(
    console: ConsoleDep,
    program: ManagersProgramDep,
    state: Literal["to_do", "done"] = "to_do",
    since: Since = None,
    until: Until = None,
    owner: Annotated[str | None, Query(max_length=20, description="an extension; only of those done")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ListOut[CheckOut]:
    """To do: the oldest first. Done: the latest draw first, of draws of the period if one is given."""
    now, zone = console.clock(), console.settings.zone
    period = read_period(since, until, zone, now) if since or until else None
    place = _place(cursor)
    with console.work() as work:
        if state == "to_do":
            found = work.supervision.to_do(limit + 1, after=place or 0)
        else:
            found = work.supervision.done(period, limit + 1, owner=owner, before=place)
    more = len(found) > limit
    found = found[:limit]
    return ListOut[CheckOut](
        items=[check_out(each, zone) for each in found], next=str(found[-1].id) if more else None
    )


@router.get("/checks/{check_id}", summary="One spot check with its sheet")
def one_check(console: ConsoleDep, program: ManagersProgramDep, check_id: RowId) -> OneCheckOut:
    """404 if there is none."""
    with console.work() as work:
        check = supervision.get_check(work, check_id)
        lines = supervision.sheet_of(work, check)
        drawn = work.supervision.draw(check.draw)
        reproducible = supervision.is_reproducible(work, check.draw)
    return OneCheckOut(
        **dict(check_out(check, console.settings.zone)),
        lines=[
            LineOut(key=line.key, rule=line.rule, points=line.points, names=dict(line.names))
            for line in lines
        ],
        seed=drawn.seed if drawn else "",
        reproducible=reproducible,
    )


@router.post("/checks/{check_id}", summary="Fill a sheet in, or correct it with a reason")
def fill_in(console: ConsoleDep, program: ManagersProgramDep, check_id: RowId, body: SheetIn) -> OneCheckOut:
    """422 names the line that does not fit; 409 if it is filled in already."""
    with console.work() as work:
        actor = _manager(work, body.actor)
        supervision.fill_in(
            work,
            check_id,
            body.scores,
            remark=body.remark,
            actor=actor,
            now=console.clock(),
            reason=body.reason,
            seen=body.seen,
        )
        work.commit()
    return one_check(console, program, check_id)


@router.get("/scores", summary="Scores per person")
def scores(
    console: ConsoleDep, program: ManagersProgramDep, since: Since = None, until: Until = None
) -> ScoresOut:
    """This month without `from` and `to`."""
    now, zone = console.clock(), console.settings.zone
    period = month_or(since, until, zone, now)
    with console.report_work() as work:
        report = supervision.scores(work, period, zone=zone, now=now)
    return ScoresOut.model_validate(
        {
            "from": report.start.astimezone(zone),
            "to": report.end.astimezone(zone),
            "weights": dict(report.weights),
            "people": [_score(each) for each in report.people],
            "formulas": _formulas(console, report),
        }
    )


@router.get("/commendation", summary="The yearly list")
def commendation(
    console: ConsoleDep,
    program: ManagersProgramDep,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
) -> YearOut:
    """This year without `year`."""
    now, zone = console.clock(), console.settings.zone
    chosen = year or now.astimezone(zone).year
    with console.report_work() as work:
        report, places = supervision.yearly_list(work, chosen, zone=zone, now=now)
    return YearOut(
        year=chosen,
        weights=dict(report.weights),
        people=[
            PlaceOut.model_validate(
                {
                    **_score(place.score),
                    "rank": place.rank,
                    "tied": place.is_tied,
                    "commended": place.is_commended,
                }
            )
            for place in places
        ],
        formulas=_formulas(console, report),
        ranking=ranking(console.rules.policy, console.speeches["en"]),
    )


def _score(score: PersonScore) -> dict[str, object]:
    return {
        "extension": score.person.extension,
        "name": score.person.name,
        "matters": score.matters,
        "rates": {
            part: {
                "part": rate.part,
                "whole": rate.whole,
                "share": None if rate.share is None else float(rate.share),
            }
            for part, rate in score.rates.items()
        },
        "score": None if score.score is None else float(score.score),
        "left_out": list(score.left_out),
    }


def _formulas(console: Console, report: ScoreReport) -> dict[str, str]:
    return formulas(report.weights, console.rules.policy, console.speeches["en"])


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
        raise BadCursor
    return int(cursor)


def _manager(work: SqlUnitOfWork, actor: str) -> Person:
    """The manager for whom the program acts; raises NotForYou, UnknownStaff."""
    acting = Viewer.of(active_member(work, actor))
    if not acting.is_manager:
        raise NotForYou
    return acting.person
