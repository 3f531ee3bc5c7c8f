"""The calendar over the API: the centre's own days, and due times with their explanation."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from callcenter.db.uow import SqlUnitOfWork
from callcenter.deadlines import DeadlineWriter
from callcenter.domain.own_days import FIRST_YEAR, LAST_YEAR, OwnDay, OwnDayKind, run_of_days
from callcenter.services.own_days import REASON_LIMIT, move_clocks
from web.api.models import ListOut, Shape
from web.changing import acting_for
from web.console import Console
from web.deps import ConsoleDep, ProgramDep
from web.errors import NotForYou
from web.own_days import change_days, take_back_days
from web.viewer import Viewer

router = APIRouter(tags=["calendar"])


class OwnDayOut(Shape):
    """One day that the centre decided on."""

    day: date
    kind: Literal["closure", "opening"]
    reason: str
    set_by: str
    set_at: AwareDatetime


class OwnDaysIn(Shape):
    """Days from `first` to `last`, both included; `actor` is the manager who decided it."""

    actor: Annotated[str, Field(min_length=1, max_length=20, description="extension of a manager")]
    first: date
    last: date | None = None
    kind: Literal["closure", "opening"]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT)]


class LedgerDayOut(Shape):
    """One day on the way to a due time."""

    day: date
    kind: Literal["workday", "weekend", "holiday", "makeup", "closure"]
    counted: bool


class DeadlineOut(Shape):
    """A due time and why."""

    due_at: AwareDatetime
    calendar: Literal["published", "provisional"]
    ledger: list[LedgerDayOut]


class RecomputeIn(Shape):
    """Who wants it, and after which ticket to go on: `next` of the answer before."""

    actor: Annotated[str, Field(min_length=1, max_length=20, description="extension of a manager")]
    after: Annotated[str, Field(max_length=100)] = ""


class RecomputedOut(Shape):
    """How many tickets were looked at; ask again with `next` until it is null."""

    tickets: int
    next: str | None


Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="none: from this year on")]


@router.get("/calendar/days", summary="The centre's own closures and openings")
def list_days(console: ConsoleDep, program: ProgramDep, year: Year = None) -> ListOut[OwnDayOut]:
    """In order of the days; `next` is null."""
    first = year or console.clock().astimezone(console.settings.zone).year
    with console.work() as work:
        days = work.own_days.between(date(first, 1, 1), date(year or LAST_YEAR, 12, 31))
    return _out(console, days)


@router.post("/calendar/days", status_code=201, summary="Close the centre on days, or open it")
def add_days(console: ConsoleDep, program: ProgramDep, body: OwnDaysIn) -> ListOut[OwnDayOut]:
    """In force at once; running clocks follow. What the days were before is replaced."""
    days = run_of_days(body.first, body.last or body.first)
    with console.work() as work:
        _manager(work, program, body.actor)
    change_days(console, days, OwnDayKind(body.kind), body.reason, body.actor)
    with console.work() as work:
        stored = work.own_days.between(days[0], days[-1])
    return _out(console, stored)


@router.delete("/calendar/days", status_code=204, summary="Take own days back")
def remove_days(
    console: ConsoleDep,
    program: ProgramDep,
    actor: Annotated[str, Query(max_length=20, description="extension of a manager")],
    first: date,
    last: date | None = None,
) -> None:
    """422 if none of these days is the centre's own."""
    days = run_of_days(first, last or first)
    with console.work() as work:
        _manager(work, program, actor)
    take_back_days(console, days)


@router.post("/calendar/recompute", summary="Work out open due times anew, a hundred tickets at a time")
def recompute(console: ConsoleDep, program: ProgramDep, body: RecomputeIn) -> RecomputedOut:
    """With today's calendar, as `shouwen calendar recompute`. The worker does so by itself when it changes."""
    with console.work() as work:
        _manager(work, program, body.actor)
        first = date(FIRST_YEAR, 1, 1)
        count, following = move_clocks(work, first, console.clock(), after=body.after)
        work.commit()
    return RecomputedOut(tickets=count, next=following)


@router.get("/deadline", summary="When a clock ends that starts at an instant, and why")
def deadline(
    console: ConsoleDep,
    program: ProgramDep,
    clock: Annotated[str, Query(max_length=60, description="rule id in lower case, such as h12-simple")],
    from_: Annotated[str, Query(alias="from", max_length=40, description="ISO 8601")],
    policy: Annotated[str | None, Query(max_length=60, description="none: that of new tickets")] = None,
) -> DeadlineOut:
    """As `shouwen deadline`, with the centre's own days."""
    with console.work() as work:
        rules = work.rules.of(policy) if policy else work.rules.current
    # A "+" that was not escaped in an address arrives as a space.
    line = DeadlineWriter(rules, rules.policy.clock(clock).limit).line(from_.strip().replace(" ", "+"))
    answer: dict[str, Any] = json.loads(line)
    return DeadlineOut.model_validate(answer)


def _manager(work: SqlUnitOfWork, program: Viewer, actor: str) -> None:
    if not acting_for(work, program, actor).is_manager:
        raise NotForYou


def _out(console: Console, days: list[OwnDay]) -> ListOut[OwnDayOut]:
    zone = console.settings.zone
    return ListOut[OwnDayOut](
        items=[
            OwnDayOut(
                day=day.day,
                kind=day.kind.value,
                reason=day.reason,
                set_by=day.set_by,
                set_at=day.set_at.astimezone(zone),
            )
            for day in days
        ],
        next=None,
    )
