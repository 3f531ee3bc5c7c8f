"""Due times: N working days, a span in service hours, a span that always runs; each explains itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from callcenter.domain.calendar import WORKING, DayKind, WorkingCalendar
from callcenter.errors import ShouwenError

_DAY = timedelta(days=1)
_LONGEST_CLOSURE_DAYS = 3660


class NoDueTime(ShouwenError):
    """No due time: no working day within ten years, or a date outside the years 1 to 9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """So many working days after the day of the event, until closing time (Civil Code, art. 201 and 203)."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTime:
    """A span that passes only while the centre is open."""

    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """A span that always passes."""

    span: timedelta


Limit = WorkingDays | ServiceTime | Elapsed

Pause = tuple[datetime, datetime]
"""From when (inclusive) until when a clock stood, aware instants."""


class Mark(StrEnum):
    """Why a working day did not count, or counted only because of an extension."""

    PAUSED = "paused"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDay:
    """One day (local) between start and due time, and whether any of the limit passed on it."""

    day: date
    kind: DayKind
    counted: bool
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A due time (UTC). `provisional`: a day of the ledger lies in a year whose notice is not known."""

    due_at: datetime
    provisional: bool
    ledger: tuple[LedgerDay, ...]


def due_time(
    limit: Limit,
    start: datetime,
    calendar: WorkingCalendar,
    *,
    pauses: Sequence[Pause] = (),
    extra: int | timedelta = 0,
) -> Due:
    """When a limit that starts at the aware instant `start` ends; exactly at the due time is still in time.

    `pauses` in order of time, none overlapping: of a limit in working days no day counts on which the clock
    stood at any moment of its opening hours; any other limit simply does not pass meanwhile. `extra` working
    days, or an extra span, come on top. Raises NoDueTime when the calendar has no end to offer.
    """
    try:
        if isinstance(limit, WorkingDays):
            day = start.astimezone(calendar.zone).date()
            if not pauses and not extra:
                return _after_working_days(calendar, day, limit.days)
            more = extra if isinstance(extra, int) else 0
            return _after_days_with_pauses(calendar, day, limit.days, more, pauses)
        span = limit.span + (extra if isinstance(extra, timedelta) else timedelta(0))
        if isinstance(limit, ServiceTime):
            return _after_service_time(calendar, start.astimezone(UTC), span, pauses)
        return _after_elapsed(calendar, start.astimezone(UTC), span, pauses)
    except OverflowError as error:
        raise NoDueTime from error


def working_time_before(at: datetime, span: timedelta, calendar: WorkingCalendar) -> datetime:
    """The latest instant with `span` of opening hours between it and `at`.

    Raises NoDueTime when the calendar has no beginning to offer, as due_time when it has no end.
    """
    try:
        return _back_from(at, span, calendar)
    except OverflowError as error:
        raise NoDueTime from error


def _back_from(at: datetime, span: timedelta, calendar: WorkingCalendar) -> datetime:
    day, left, idle = at.astimezone(calendar.zone).date(), span, 0
    while idle <= _LONGEST_CLOSURE_DAYS:
        sessions = _sessions(calendar, day)
        for opens, closes in reversed(sessions):
            end = min(closes, at)
            if end <= opens:
                continue
            if left <= end - opens:
                return end - left
            left -= end - opens
        idle = 0 if sessions else idle + 1
        day -= _DAY
    raise NoDueTime


@lru_cache(maxsize=65536)
def _after_working_days(calendar: WorkingCalendar, day: date, days: int) -> Due:
    """Depends on the local day alone, so a busy day costs one walk."""
    ledger = [LedgerDay(day=day, kind=calendar.kind(day), counted=False)]
    left, idle = days, 0
    while left > 0:
        day += _DAY
        kind = calendar.kind(day)
        working = kind in WORKING
        ledger.append(LedgerDay(day=day, kind=kind, counted=working))
        left -= working
        idle = 0 if working else idle + 1
        if idle > _LONGEST_CLOSURE_DAYS:
            raise NoDueTime
    return _due(calendar, calendar.closing(day), tuple(ledger))


def _after_days_with_pauses(
    calendar: WorkingCalendar, day: date, days: int, extra: int, pauses: Sequence[Pause]
) -> Due:
    ledger = [LedgerDay(day=day, kind=calendar.kind(day), counted=False)]
    counted, idle = 0, 0
    while counted < days + extra:
        day += _DAY
        kind = calendar.kind(day)
        mark: Mark | None = None
        working = kind in WORKING
        if working and _stood(_sessions(calendar, day), pauses):
            mark = Mark.PAUSED
        elif working:
            counted += 1
            mark = Mark.EXTENDED if counted > days else None
        ledger.append(LedgerDay(day=day, kind=kind, counted=working and mark is not Mark.PAUSED, mark=mark))
        idle = 0 if working and mark is not Mark.PAUSED else idle + 1
        if idle > _LONGEST_CLOSURE_DAYS:
            raise NoDueTime
    return _due(calendar, calendar.closing(day), tuple(ledger))


def _stood(sessions: Sequence[tuple[datetime, datetime]], pauses: Sequence[Pause]) -> bool:
    return any(began < closes and opens < ended for opens, closes in sessions for began, ended in pauses)


def _without(
    sessions: Sequence[tuple[datetime, datetime]], pauses: Sequence[Pause]
) -> Sequence[tuple[datetime, datetime]]:
    """The parts of `sessions` in which the clock did not stand."""
    for began, ended in pauses:
        sessions = [
            part
            for opens, closes in sessions
            for part in ((opens, min(closes, began)), (max(opens, ended), closes))
            if part[0] < part[1]
        ]
    return sessions


def _after_service_time(
    calendar: WorkingCalendar, start: datetime, span: timedelta, pauses: Sequence[Pause] = ()
) -> Due:
    """An event exactly at closing time starts at the next opening; a limit may end exactly at closing."""
    day = start.astimezone(calendar.zone).date()
    first, left, idle = day, span, 0
    earlier: tuple[LedgerDay, ...] = ()
    while True:
        counted = False
        sessions = _sessions(calendar, day)
        for opens, closes in _without(sessions, pauses) if pauses else sessions:
            begin = opens if opens > start else start
            if begin >= closes:
                continue
            counted = True
            if left <= closes - begin:
                return _due(calendar, begin + left, (*earlier, _ledger_day(calendar, day, True)))
            left -= closes - begin
        earlier = (*earlier, _ledger_day(calendar, day, counted))
        idle = 0 if counted or day == first else idle + 1
        if idle > _LONGEST_CLOSURE_DAYS:
            raise NoDueTime
        day += _DAY


def _after_elapsed(
    calendar: WorkingCalendar, start: datetime, span: timedelta, pauses: Sequence[Pause] = ()
) -> Due:
    due_at = start + span
    for began, ended in pauses:
        if began < due_at and ended > start:
            due_at += ended - max(began, start)
    first, last = start.astimezone(calendar.zone).date(), due_at.astimezone(calendar.zone).date()
    days = range(first.toordinal(), last.toordinal() + 1)
    return _due(calendar, due_at, tuple(_ledger_day(calendar, date.fromordinal(day), True) for day in days))


def _due(calendar: WorkingCalendar, due_at: datetime, ledger: tuple[LedgerDay, ...]) -> Due:
    settled = calendar.published(ledger[0].day) and calendar.published(ledger[-1].day)
    return Due(due_at=due_at, provisional=not settled, ledger=ledger)


@lru_cache(maxsize=65536)
def _sessions(calendar: WorkingCalendar, day: date) -> tuple[tuple[datetime, datetime], ...]:
    return calendar.sessions(day)


@lru_cache(maxsize=65536)
def _ledger_day(calendar: WorkingCalendar, day: date, counted: bool) -> LedgerDay:
    return LedgerDay(day=day, kind=calendar.kind(day), counted=counted)
