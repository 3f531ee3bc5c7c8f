"""A span of days or instants that somebody asks for: read from text, checked, in the centre's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcenter.errors import ShouwenError

LONGEST = timedelta(days=3660)
_YEARS = range(2000, 2101)


class BadPeriod(ShouwenError):
    """This is no period: write days such as 2026-11-01, or instants such as 2026-11-01T08:00:00+08:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` until before `end`, aware UTC instants, never empty."""

    start: datetime
    end: datetime


def days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Whole days of the centre, both included."""
    return Period(start=_midnight(first, zone), end=_midnight(last + timedelta(days=1), zone))


def read_period(since: str | None, until: str | None, zone: ZoneInfo, now: datetime) -> Period:
    """The period between two days (both included) or instants (the second left out); raises BadPeriod.

    Without `until` it ends with today, without `since` it begins with the day in which it ends. An instant
    without an offset is local.
    """
    today = now.astimezone(zone).date()
    end = _read("to", until, zone, closing=True) if until else _midnight(today + timedelta(days=1), zone)
    if since:
        start = _read("from", since, zone, closing=False)
    else:
        start = _midnight((end - timedelta(microseconds=1)).astimezone(zone).date(), zone)
    if start >= end:
        raise BadPeriod(f"the period ends ({until or today}) before it begins ({since})")
    if end - start > LONGEST:
        raise BadPeriod("the period is longer than ten years")
    return Period(start=start, end=end)


def _read(name: str, text: str, zone: ZoneInfo, *, closing: bool) -> datetime:
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            at = _midnight(day + timedelta(days=1), zone) if closing and day.year in _YEARS else None
            at = at or datetime.combine(day, time(), zone)
        else:
            # a "+" that was not escaped in an address arrives as a space
            at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text) if "T" in text else text)
            at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    except ValueError as error:
        raise BadPeriod(
            f"{name}: {text[:40]!r} is neither a day such as 2026-11-01 nor an instant such as "
            "2026-11-01T08:00:00+08:00"
        ) from error
    if at.year not in _YEARS:
        raise BadPeriod(f"{name}: the year {at.year} is outside {_YEARS[0]} to {_YEARS[-1]}")
    return at.astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
