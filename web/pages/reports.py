"""Reports: answer times as a page and as files, and the promises and opinions behind its figures."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcenter.domain.answer_times import no_opinions
from callcenter.domain.periods import BadPeriod, Period, read_period
from callcenter.report_files import MEDIA_TYPES, Format, as_csv, as_xlsx
from callcenter.services.call_lists import MatterFilter, MatterSubset
from callcenter.services.rules import policies_of
from web.deps import PageDep, Since, Until
from web.views.charts import charts
from web.views.periods import choices, first_and_last, period_words, query_of
from web.views.report_links import PAGE, TICKETS, hour_words
from web.views.reports import Reading, answer_name, read_report
from web.views.step_words import clock_name

router = APIRouter()
Place = Annotated[str | None, Query(max_length=40)]
Hour = Annotated[int | None, Query(ge=0, le=23)]
LISTED = 500


@router.get("/reports")
def reports() -> RedirectResponse:
    """The report there is."""
    return RedirectResponse(PAGE, status_code=303)


@router.get(PAGE)
def answer_times(page: PageDep, since: Since = None, until: Until = None) -> HTMLResponse:
    """The page. A period that makes no sense is said to be so, above the report of today."""
    console, viewer, zone = page.console, page.reader.viewer, page.console.settings.zone
    is_bad = False
    try:
        report = read_report(console, viewer, since, until)
    except BadPeriod:
        is_bad = True
        report = read_report(console, viewer, None, None)
    reading = Reading(report, page.say, viewer)
    policy, period = console.rules.policy, Period(start=report.start, end=report.end)
    first, last = first_and_last(period, zone)
    return page(
        "reports/answer_times.html",
        "reports",
        code=422 if is_bad else 200,
        is_bad=is_bad,
        reading=reading,
        charts=charts(report, page.say),
        opinions=[
            (answer_name(policy, answer, page.say), count)
            for answer, count in report.total.figures.satisfaction.items()
        ],
        choices=choices(period, zone, console.clock(), page.say),
        first=first,
        last=last,
    )


@router.get(PAGE + ".csv")
def answer_times_csv(page: PageDep, since: Since = None, until: Until = None) -> Response:
    """The report as a table for programs."""
    report = read_report(page.console, page.reader.viewer, since, until)
    return _file(as_csv(report, page.console.settings.zone).encode(), Format.CSV)


@router.get(PAGE + ".xlsx")
def answer_times_xlsx(page: PageDep, since: Since = None, until: Until = None) -> Response:
    """The report as a workbook in the reader's language."""
    report = read_report(page.console, page.reader.viewer, since, until)
    return _file(as_xlsx(report, page.console.settings.zone, page.say.gettext), Format.XLSX)


def _file(content: bytes, form: Format) -> Response:
    headers = {"content-disposition": f'attachment; filename="answer-times.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


@router.get(TICKETS)
def matters(
    page: PageDep,
    only: MatterSubset = MatterSubset.PROMISES,
    since: Since = None,
    until: Until = None,
    line: Place = None,
    person: Place = None,
    hour: Hour = None,
) -> HTMLResponse:
    """The promises or opinions behind a figure; whoever is no manager sees their own (T31)."""
    console, viewer, now = page.console, page.reader.viewer, page.console.clock()
    zone = console.settings.zone
    period = read_period(since, until, zone, now)
    asked = MatterFilter(
        only=only,
        period=period,
        line=line,
        person=person if viewer.is_manager else viewer.extension,
        hour=hour,
    )
    with console.work_over(period) as work:
        found = work.call_reports.matters(
            asked, zone, now, limit=LISTED + 1, no_opinions=no_opinions(work.rules)
        )
        names = work.call_reports.names(frozenset({asked.person} if asked.person else ()))
        policies = policies_of(work, work.tickets.many(matter.number for matter in found))
    return page(
        "reports/matters.html",
        "reports",
        only=only.value,
        found=found[:LISTED],
        more=len(found) > LISTED,
        listed=LISTED,
        span=period_words(period, page.say),
        query=urlencode(query_of(period, zone)),
        asked=asked,
        hour=hour_words(hour) if hour is not None else "",
        names=names,
        answer_name=lambda matter: answer_name(policies[matter.number], matter.satisfaction, page.say),
        clock_name=lambda matter: clock_name(
            policies[matter.number].clocks.get(matter.clock), matter.clock, page.say
        ),
    )
