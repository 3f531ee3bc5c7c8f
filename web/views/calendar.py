"""A year of the centre's days as a page shows it, and the explanation of one due time."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date, get_day_names

from callcenter.domain.calendar import DayKind, WorkingCalendar
from callcenter.domain.clocks import Due
from callcenter.domain.own_days import OwnDay, OwnDayKind
from web.i18n import BABEL, N_, Speech
from web.views.clocks import DAY_KINDS

_TONES = {
    DayKind.WORKDAY: "",
    DayKind.WEEKEND: "day-weekend",
    DayKind.HOLIDAY: "day-holiday",
    DayKind.MAKEUP: "day-makeup",
    DayKind.CLOSURE: "day-closure",
}
_SIGNS = {
    DayKind.HOLIDAY: N_("off"),
    DayKind.MAKEUP: N_("work"),
    DayKind.CLOSURE: N_("shut"),
}
"""A sign beside the colour, where a day is not what its weekday says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCell:
    """One day; `title` says all there is to say of it."""

    number: int
    tone: str
    sign: str
    title: str
    is_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month in weeks that begin on Monday; None outside it."""

    name: str
    weeks: tuple[tuple[DayCell | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRun:
    """Own days in a row with the same kind and reason."""

    first: date
    last: date
    kind: str
    reason: str
    set_by: str

    @property
    def days(self) -> str:
        """As a form takes it back."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One day of the way to a due time; `count`: which working day of the limit it was, 0 for none."""

    day: str
    kind: str
    counted: bool
    count: int


def weekdays(say: Speech) -> list[str]:
    """Short names, Monday first."""
    names = get_day_names("narrow" if say.language == "zh" else "abbreviated", locale=BABEL[say.language])
    return [names[number] for number in range(7)]


def year_view(
    year: int, calendar: WorkingCalendar, own: Mapping[date, OwnDay], say: Speech, today: date
) -> list[Month]:
    """The twelve months."""
    return [
        Month(
            name=format_date(date(year, month, 1), "LLLL", locale=BABEL[say.language]),
            weeks=tuple(
                tuple(
                    _cell(date(year, month, day), calendar, own, say, today) if day else None for day in week
                )
                for week in months.Calendar().monthdayscalendar(year, month)
            ),
        )
        for month in range(1, 13)
    ]


def _cell(
    day: date, calendar: WorkingCalendar, own: Mapping[date, OwnDay], say: Speech, today: date
) -> DayCell:
    kind = calendar.kind(day)
    sign, tone = _SIGNS.get(kind, ""), _TONES[kind]
    words = [say.day(day), say.gettext(DAY_KINDS[kind])]
    set_by_centre = own.get(day)
    if set_by_centre is not None:
        words.append(set_by_centre.reason)
        if set_by_centre.kind is OwnDayKind.OPENING:
            sign, tone = N_("opened"), "day-makeup"
    return DayCell(
        number=day.day,
        tone=tone,
        sign=say.gettext(sign) if sign else "",
        title=" · ".join(words),
        is_today=day == today,
    )


def own_runs(days: Sequence[OwnDay]) -> list[OwnRun]:
    """The own days in order, those in a row together."""
    runs: list[OwnRun] = []
    for day in days:
        last = runs[-1] if runs else None
        if (
            last
            and day.day - last.last == timedelta(days=1)
            and (last.kind, last.reason, last.set_by) == (day.kind.value, day.reason, day.set_by)
        ):
            first = runs.pop().first
        else:
            first = day.day
        runs.append(
            OwnRun(first=first, last=day.day, kind=day.kind.value, reason=day.reason, set_by=day.set_by)
        )
    return runs


def ledger(due: Due, say: Speech) -> list[LedgerLine]:
    """The due time day by day."""
    lines: list[LedgerLine] = []
    count = 0
    form = "y年M月d日 EEE" if say.language == "zh" else "EEE d MMM y"
    for day in due.ledger:
        count += day.counted
        name = format_date(day.day, form, locale=BABEL[say.language])
        lines.append(
            LedgerLine(
                day=name,
                kind=say.gettext(DAY_KINDS[day.kind]),
                counted=day.counted,
                count=count if day.counted else 0,
            )
        )
    return lines


def local_instant(text: str, calendar: WorkingCalendar) -> datetime | None:
    """What a field of a form says (`2026-11-20T10:00`), in the centre's zone; None if it is no instant."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=calendar.zone)
