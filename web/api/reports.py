"""Reports over the API."""

from __future__ import annotations

from fastapi import APIRouter

from callcenter.report_files import as_json
from web.api.report_models import AnswerTimesOut
from web.deps import ConsoleDep, ProgramDep, Since, Until
from web.views.reports import read_report

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/answer-times", summary="How fast calls were answered")
def answer_times(
    console: ConsoleDep,
    program: ProgramDep,
    since: Since = None,
    until: Until = None,
) -> AnswerTimesOut:
    """Today without `from` and `to`. A token of staff sees totals; rows of people need a manager's."""
    report = read_report(console, program, since, until)
    return AnswerTimesOut.model_validate(as_json(report, console.settings.zone))
