"""The analysis of matters over the API (H43, S50). It needs a manager's token."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from callcenter.domain.analysis import By, Counts
from callcenter.services.analysis import analyse
from web.api.models import Shape
from web.deps import ConsoleDep, ManagersProgramDep, Since, Until
from web.views.analysis import FORMULAS, Names
from web.views.periods import month_or

router = APIRouter(prefix="/reports", tags=["reports"])
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class CountsOut(Shape):
    """The figures of one row; a share is null without anything to divide by."""

    matters: Count
    timed: Count
    late: Count
    opinions: Count
    not_satisfied: Count
    reopened: Count
    traced: Count
    decided: Count
    adopted: Count
    late_share: Share | None
    not_satisfied_share: Share | None
    adopted_share: Share | None


class RowOut(CountsOut):
    """A row by its key and what people call it."""

    key: str
    name: str


class AnalysisOut(Shape):
    """The matters registered from `from` until before `to`."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime
    time_zone: str
    total: CountsOut
    kind: list[RowOut]
    channel: list[RowOut]
    office: list[RowOut]
    cause: list[RowOut]
    person: list[RowOut]
    month: list[RowOut]
    shortened: list[str]
    formulas: dict[str, str]


@router.get("/analysis", summary="Matters by kind, channel, office, cause and month")
def analysis(
    console: ConsoleDep,
    program: ManagersProgramDep,
    since: Since = None,
    until: Until = None,
) -> AnalysisOut:
    """This month without `from` and `to`. Names are those of the policy in English."""
    now, zone = console.clock(), console.settings.zone
    period = month_or(since, until, zone, now)
    with console.report_work() as work:
        found = analyse(work, period, zone=zone, now=now)
        people = work.call_reports.names(frozenset(found.rows[By.PERSON]))
    names = Names(console.rulebook, people, console.speeches["en"])
    return AnalysisOut.model_validate(
        {
            "from": found.start.astimezone(zone),
            "to": found.end.astimezone(zone),
            "time_zone": zone.key,
            "total": _figures(found.total),
            **{
                by.value: [
                    {"key": key, "name": names.of(by, key), **_figures(counts)}
                    for key, counts in rows.items()
                ]
                for by, rows in found.rows.items()
            },
            "shortened": sorted(by.value for by in found.shortened),
            "formulas": {only.value: text for only, text in FORMULAS.items()},
        }
    )


def _figures(counts: Counts) -> dict[str, float | None]:
    return {
        **asdict(counts),
        "late_share": counts.late_share,
        "not_satisfied_share": counts.not_satisfied_share,
        "adopted_share": counts.adopted_share,
    }
