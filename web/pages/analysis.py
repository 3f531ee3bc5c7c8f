"""The analysis of matters (H43, S50), for managers: tables, the matters behind each figure, CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.analysis import Analysis, By, Only
from callcenter.domain.periods import Period
from callcenter.report_files import MEDIA_TYPES, Format
from callcenter.services.analysis import analyse, matters_behind
from callcenter.services.rules import policies_of
from web.deps import ManagerPageDep, Since, Until
from web.reading import Page
from web.views import analysis as views
from web.views.periods import (
    first_and_last,
    month_asked_for,
    month_or,
    period_choices,
    period_words,
    query_of,
)
from web.views.tickets import name_of

router = APIRouter(prefix=views.PAGE)
LISTED = 300


@router.get("")
def show(page: ManagerPageDep, since: Since = None, until: Until = None) -> HTMLResponse:
    """The page. A period that makes no sense is said to be so, above the analysis of this month."""
    console, say, now = page.console, page.say, page.console.clock()
    zone = console.settings.zone
    period, is_bad = month_asked_for(since, until, zone, now)
    found, names = _read(page, period)
    first, last = first_and_last(period, zone)
    return page(
        "analysis/analysis.html",
        "supervision",
        code=422 if is_bad else 200,
        is_bad=is_bad,
        total=views.cells(found, By.TOTAL, "", found.total, say),
        tables=views.tables(found, names, say),
        columns=[
            (say.gettext(title), say.gettext(views.FORMULAS[only])) for only, title in views.COLUMNS.items()
        ],
        choices=period_choices(period, zone, now, say),
        span=period_words(period, say),
        query=query_of(period, zone),
        first=first,
        last=last,
    )


@router.get(".csv")
def as_csv(page: ManagerPageDep, since: Since = None, until: Until = None) -> Response:
    """The analysis as a table for programs."""
    period = month_or(since, until, page.console.settings.zone, page.console.clock())
    found, names = _read(page, period)
    headers = {"content-disposition": 'attachment; filename="analysis.csv"'}
    content = views.analysis_csv(found, names).encode()
    return Response(content, media_type=MEDIA_TYPES[Format.CSV], headers=headers)


@router.get("/tickets")
def behind(
    page: ManagerPageDep,
    by: By = By.TOTAL,
    key: Annotated[str, Query(max_length=200)] = "",
    only: Only = Only.MATTERS,
    since: Since = None,
    until: Until = None,
) -> HTMLResponse:
    """The matters behind one figure."""
    console, say, now = page.console, page.say, page.console.clock()
    zone = console.settings.zone
    period = month_or(since, until, zone, now)
    with console.report_work() as work:
        found = matters_behind(work, period, by=by, key=key, only=only, zone=zone, now=now, limit=LISTED + 1)
        people = work.call_reports.names(frozenset({key} if by is By.PERSON else ()))
        policies = policies_of(work, work.tickets.many(matter.number for matter in found))
    names = views.Names(console.rulebook, people, say)
    return page(
        "analysis/tickets.html",
        "supervision",
        found=found[:LISTED],
        more=len(found) > LISTED,
        listed=LISTED,
        title=say.gettext(views.COLUMNS.get(only, views.COLUMNS[Only.MATTERS])),
        row=names.of(by, key) if by is not By.TOTAL else "",
        span=period_words(period, say),
        query=query_of(period, zone),
        kind_name=lambda matter: name_of(policies[matter.number].kinds, matter.kind, say),
    )


def _read(page: Page, period: Period) -> tuple[Analysis, views.Names]:
    console = page.console
    with console.report_work() as work:
        found = analyse(work, period, zone=console.settings.zone, now=console.clock())
        people = work.call_reports.names(frozenset(found.rows[By.PERSON]))
    return found, views.Names(console.rulebook, people, page.say)
