"""The shape of the report of answer times; what each figure is says `formulas`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from web.api.models import Shape

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class FiguresOut(Shape):
    """The figures of one row; null: nothing to divide by, or without meaning in this row."""

    offered: Count | None
    answered: Count
    answered_share: Share | None
    answered_part: Share | None
    callback: Count | None
    no_answer: Count | None
    abandoned: Count | None
    closed: Count | None
    failed: Count | None
    rebuilt: Count
    answer_avg_ms: Count | None
    answer_p50_ms: Count | None
    answer_p90_ms: Count | None
    wait_avg_ms: Count | None
    within_threshold: Share | None
    greeted_in_time: Share | None
    transfers: Count
    transfers_in_time: Share | None
    promises: Count
    promises_kept: Share | None
    opinions: Count
    satisfied: Share | None
    satisfaction: dict[str, Count]


class PersonFiguresOut(FiguresOut):
    """A first responder."""

    extension: str
    name: str


class LineFiguresOut(FiguresOut):
    """A line."""

    line: str


class HourFiguresOut(FiguresOut):
    """An hour of the day at the centre, over all days of the period."""

    hour: Annotated[int, Field(ge=0, le=23)]


class DayFiguresOut(FiguresOut):
    """A day at the centre."""

    day: date


class AnswerTimesOut(Shape):
    """The report from `from` until before `to`."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime
    time_zone: str
    threshold_s: float
    greeting_s: float | None
    total: FiguresOut
    people: list[PersonFiguresOut]
    lines: list[LineFiguresOut]
    hours: list[HourFiguresOut]
    days: list[DayFiguresOut]
    formulas: dict[str, str]
