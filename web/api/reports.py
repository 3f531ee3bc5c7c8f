"""Reports over the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from callcenter.report_files import as_json
from web.api.report_models import AnswerTimesOut
from web.deps import ConsoleDep, ProgramDep
from web.views.reports import read_report

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/answer-times", summary="How fast calls were answered")
def answer_times(
    console: ConsoleDep,
    program: ProgramDep,
    since: Annotated[
        str | None, Query(alias="from", max_length=40, description="a day such as 2026-11-01, or an instant")
    ] = None,
    until: Annotated[
        str | None,
        Query(alias="to", max_length=40, description="the last day, or the instant before which it ends"),
    ] = None,
) -> AnswerTimesOut:
    """Today without `from` and `to`. A token of staff sees totals; rows of people need a manager's."""
    report = read_report(console, program, since, until)
    return AnswerTimesOut.model_validate(as_json(report, console.settings.zone))
