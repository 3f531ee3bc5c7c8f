"""Clocks drawn on a line of days: plain places of bars and marks, which a template turns into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date

from callcenter.domain.calendar import DayKind
from callcenter.domain.policy import Rules
from web.i18n import BABEL, Speech
from web.views.clocks import DAY_KINDS, ClockLine

DAY = 100
"""Width of a day in the drawing's own units; the browser stretches them to the width there is."""
MOST_DAYS = 62
LEAST_DAYS = 3
MOST_NAMED = 16
"""Of more days only the Mondays have their date written."""
_MARGIN_H = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One cell; `name` is empty where there is no room for it."""

    x: int
    kind: str
    name: str
    weekday: str
    full: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a clock's line; `kind` is a class of the style sheet."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One clock on the line: bars from the back to the front, and marks as (place, kind)."""

    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """The days, the place of now (None: outside), and a strip for each clock in their order."""

    width: int
    days: tuple[Day, ...]
    now: float | None
    strips: tuple[Strip, ...]
    is_cut: bool
    """Whether something began before the first day shown."""


def time_line(lines: Sequence[ClockLine], rules: Rules, say: Speech, now: datetime) -> TimeLine | None:
    """The line of all clocks; None without any."""
    if not lines:
        return None
    zone = rules.calendar.zone
    ends = [max(line.due_at, line.stopped_at or now, line.would_be_due or line.due_at) for line in lines]
    first = min(line.started_at for line in lines).astimezone(zone).date()
    last = max(ends).astimezone(zone).date()
    last = max(last, first + timedelta(days=LEAST_DAYS - 1))
    is_cut = (last - first).days >= MOST_DAYS
    if is_cut:
        first = last - timedelta(days=MOST_DAYS - 1)
    place = _Place(first, last, rules)
    return TimeLine(
        width=place.width,
        days=tuple(_days(first, last, rules, say)),
        now=place.of(now) if place.holds(now) else None,
        strips=tuple(_strip(line, place, now) for line in lines),
        is_cut=is_cut,
    )


class _Place:
    """Where an instant is: a day's cell shows its opening hours and a little more, not the night."""

    def __init__(self, first: date, last: date, rules: Rules) -> None:
        self._first, self._last = first, last
        self._zone = rules.calendar.zone
        spans = rules.policy.hours.standard
        self._from_h = max(0.0, spans[0].opens.hour + spans[0].opens.minute / 60 - _MARGIN_H)
        self._until_h = min(24.0, spans[-1].closes.hour + spans[-1].closes.minute / 60 + _MARGIN_H)
        self.width = ((last - first).days + 1) * DAY

    def holds(self, at: datetime) -> bool:
        return self._first <= at.astimezone(self._zone).date() <= self._last

    def of(self, at: datetime) -> float:
        local = at.astimezone(self._zone)
        hour = local.hour + local.minute / 60 + local.second / 3600
        part = min(1.0, max(0.0, (hour - self._from_h) / (self._until_h - self._from_h)))
        place = ((local.date() - self._first).days + part) * DAY
        return round(min(float(self.width), max(0.0, place)), 1)

    def bar(self, start: datetime, end: datetime, kind: str) -> Bar | None:
        x, until = self.of(start), self.of(end)
        return Bar(x=x, width=max(round(until - x, 1), 1.0), kind=kind) if end > start else None


def _days(first: date, last: date, rules: Rules, say: Speech) -> list[Day]:
    count = (last - first).days + 1
    found: list[Day] = []
    for number in range(count):
        day = first + timedelta(days=number)
        kind = rules.calendar.kind(day)
        named = count <= MOST_NAMED or day.weekday() == 0
        found.append(
            Day(
                x=number * DAY,
                kind=kind.value,
                name=str(day.day) if named else "",
                weekday=format_date(day, "EEEEE", locale=BABEL[say.language]) if named else "",
                full=f"{say.day(day)}, {say.gettext(DAY_KINDS[DayKind(kind)])}",
            )
        )
    return found


def _strip(line: ClockLine, place: _Place, now: datetime) -> Strip:
    stopped = line.stopped_at
    reached = min(stopped or line.stands_since or now, line.due_at)
    plain_due = line.due_before_extension or line.due_at
    bars = [
        place.bar(line.started_at, plain_due, "tl-run"),
        place.bar(plain_due, line.due_at, "tl-extra"),
        place.bar(line.started_at, reached, f"tl-past {line.state}"),
        place.bar(line.due_at, stopped or now, "tl-over") if line.state == "breached" else None,
        *(place.bar(began, ended, "tl-pause") for began, ended in line.paused),
        place.bar(line.stands_since, now, "tl-pause") if line.stands_since else None,
    ]
    marks = [(place.of(line.started_at), "tl-start")]
    if line.warn_at is not None and line.started_at < line.warn_at < line.due_at:
        marks.append((place.of(line.warn_at), "tl-warn"))
    marks.append((place.of(line.due_at), "tl-due"))
    if stopped is not None:
        marks.append((place.of(stopped), "tl-stop"))
    return Strip(bars=tuple(bar for bar in bars if bar is not None), marks=tuple(marks))
