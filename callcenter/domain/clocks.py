"""Due times: N working days, a span in service hours, a span that always runs; each explains itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDay:
    """One day (local) between start and due time, and whether any of the limit passed on it."""

    day: date
    kind: DayKind
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A due time (UTC). `provisional`: a day of the ledger lies in a year whose notice is not known."""

    due_at: datetime
    provisional: bool
    ledger: tuple[LedgerDay, ...]


def due_time(limit: Limit, start: datetime, calendar: WorkingCalendar) -> Due:
    """When a limit that starts at the aware instant `start` ends; exactly at the due time is still in time.

    Raises NoDueTime when the calendar has no end to offer.
    """
    try:
        if isinstance(limit, WorkingDays):
            return _after_working_days(calendar, start.astimezone(calendar.zone).date(), limit.days)
        if isinstance(limit, ServiceTime):
            return _after_service_time(calendar, start.astimezone(UTC), limit.span)
        return _after_elapsed(calendar, start.astimezone(UTC), limit.span)
    except OverflowError as error:
        raise NoDueTime from error


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


def _after_service_time(calendar: WorkingCalendar, start: datetime, span: timedelta) -> Due:
    """An event exactly at closing time starts at the next opening; a limit may end exactly at closing."""
    day = start.astimezone(calendar.zone).date()
    first, left, idle = day, span, 0
    earlier: tuple[LedgerDay, ...] = ()
    while True:
        counted = False
        for opens, closes in _sessions(calendar, day):
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


def _after_elapsed(calendar: WorkingCalendar, start: datetime, span: timedelta) -> Due:
    due_at = start + span
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
