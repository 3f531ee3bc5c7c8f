"""The working calendar: which days count, when the centre is open on them, and whether that is settled."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo


class DayKind(StrEnum):
    """Why a day counts or does not, in the contract's words."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"
    CLOSURE = "closure"


WORKING = frozenset({DayKind.WORKDAY, DayKind.MAKEUP})


class Notice(NamedTuple):
    """The State Council's notice for a year: days off (Saturdays and Sundays of a run too), make-up days."""

    off: AbstractSet[date]
    makeup: AbstractSet[date]


class HolidaySource(Protocol):
    """Where the yearly notices come from."""

    def notice(self, year: int) -> Notice | None:
        """The notice for `year`; None if it is not published or not known."""

    def statutory(self, year: int) -> AbstractSet[date]:
        """Days off in `year` that the law itself fixes, whatever the notice will say."""


class Span(NamedTuple):
    """Open from `opens` (inclusive) to `closes` (exclusive), wall-clock time of one day."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours:
    """Opening spans in order: of an ordinary working day, and of weekdays (Monday is 0) that differ.

    A Saturday or Sunday named in `weekdays` is a working day; a Monday to Friday with no spans is a closure.
    """

    standard: tuple[Span, ...]
    weekdays: tuple[tuple[int, tuple[Span, ...]], ...] = ()

    def of_weekday(self, weekday: int) -> tuple[Span, ...] | None:
        """The spans that differ on `weekday`, None where nothing was said."""
        return dict(self.weekdays).get(weekday)


class _Year(NamedTuple):
    first: int
    kinds: tuple[DayKind, ...]
    published: bool


class WorkingCalendar:
    """The days of one centre. The kinds of a year are worked out once and kept."""

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        hours: ServiceHours,
        source: HolidaySource,
        closures: AbstractSet[date] = frozenset(),
        openings: AbstractSet[date] = frozenset(),
    ) -> None:
        self.zone = zone
        self.hours = hours
        self._source = source
        self._closures = frozenset(closures)
        self._openings = frozenset(openings)
        self._years: dict[int, _Year] = {}

    def kind(self, day: date) -> DayKind:
        """The kind of `day`: the centre's own closures and openings first, then the notice, then the week."""
        year = self._years.get(day.year) or self._load(day.year)
        return year.kinds[day.toordinal() - year.first]

    def published(self, day: date) -> bool:
        """Whether the notice for the year of `day` is known; if not, kinds rest on weekends and the law."""
        return (self._years.get(day.year) or self._load(day.year)).published

    def notice(self, year: int) -> Notice | None:
        """What the State Council gave notice of for `year`; None if it is not known."""
        return self._source.notice(year)

    def sessions(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The open spans of `day` in UTC, opening inclusive and closing exclusive; none on a day off."""
        kind = self.kind(day)
        if kind not in WORKING:
            return ()
        own = self.hours.of_weekday(day.weekday())
        spans = own if own and kind is DayKind.WORKDAY else self.hours.standard
        return tuple((self._instant(day, span.opens), self._instant(day, span.closes)) for span in spans)

    def closing(self, day: date) -> datetime:
        """The closing time of the working day `day`, UTC."""
        return self.sessions(day)[-1][1]

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def _load(self, number: int) -> _Year:
        notice = self._source.notice(number)
        settled = notice or Notice(self._source.statutory(number), frozenset())
        first, last = date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal()
        kinds = tuple(self._kind(date.fromordinal(day), settled) for day in range(first, last + 1))
        self._years[number] = year = _Year(first, kinds, notice is not None)
        return year

    def _kind(self, day: date, notice: Notice) -> DayKind:
        if day in self._closures:
            return DayKind.CLOSURE
        if day in self._openings:
            return DayKind.WORKDAY
        if day in notice.off:
            return DayKind.HOLIDAY
        if day in notice.makeup:
            return DayKind.MAKEUP
        own = self.hours.of_weekday(day.weekday())
        if day.weekday() >= 5:
            return DayKind.WORKDAY if own else DayKind.WEEKEND
        return DayKind.CLOSURE if own == () else DayKind.WORKDAY
