"""Managers take the transcripts of a period away: a form, and the files."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.periods import BadPeriod, Period, read_period
from callcenter.report_files import MEDIA_TYPES, Format
from callcenter.transcript_files import as_csv, as_xlsx
from web.deps import PageDep, Since, Until
from web.errors import NotForYou
from web.i18n import N_
from web.views.periods import first_and_last
from web.views.transcript_export import read_transcripts

router = APIRouter()
PAGE = "/reports/transcripts"
TITLES = {
    "recorded_at": N_("Recorded"),
    "ticket": N_("Ticket"),
    "purpose": N_("Purpose"),
    "language": N_("Language"),
    "seconds": N_("Seconds"),
    "state": N_("State"),
    "cause": N_("Why there is no text"),
    "text": N_("Text"),
    "machine_text": N_("The machine's text"),
    "corrected_by": N_("Corrected by"),
    "engine": N_("Written by"),
}


@router.get(PAGE)
def form(page: PageDep, since: Since = None, until: Until = None) -> HTMLResponse:
    """Which period, and whether numbers and names are to be seen. For managers."""
    if not page.reader.viewer.is_manager:
        raise NotForYou
    zone, now = page.console.settings.zone, page.console.clock()
    is_bad = False
    try:
        period: Period = read_period(since, until, zone, now)
    except BadPeriod:
        is_bad, period = True, read_period(None, None, zone, now)
    first, last = first_and_last(period, zone)
    return page(
        "reports/transcripts.html",
        "reports",
        code=422 if is_bad else 200,
        is_bad=is_bad,
        first=first,
        last=last,
    )


@router.get(PAGE + ".csv")
def transcripts_csv(
    page: PageDep, since: Since = None, until: Until = None, in_full: bool = False
) -> Response:
    """The transcripts as a table for programs."""
    found = read_transcripts(page.console, page.reader.viewer, since, until, in_full=in_full)
    return _file(as_csv(found), Format.CSV)


@router.get(PAGE + ".xlsx")
def transcripts_xlsx(
    page: PageDep, since: Since = None, until: Until = None, in_full: bool = False
) -> Response:
    """The transcripts as a workbook in the reader's language."""
    found = read_transcripts(page.console, page.reader.viewer, since, until, in_full=in_full)
    return _file(as_xlsx(found, TITLES, page.say.gettext), Format.XLSX)


def _file(content: bytes, form: Format) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="transcripts.{form}"',
        "cache-control": "private, no-store",
    }
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
