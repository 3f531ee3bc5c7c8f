"""The centre's own closures and openings: days that stand over the policy's file and the State Council's notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter.errors import ShouwenError

LONGEST_RUN_DAYS = 400
FIRST_YEAR, LAST_YEAR = 2000, 2100


class BadDays(ShouwenError):
    """These are no days of a year that the calendar has."""


class OwnDayKind(StrEnum):
    """What the centre made of a day."""

    CLOSURE = "closure"
    OPENING = "opening"


OwnDays = Mapping[date, OwnDayKind]
"""What the calendar has to know of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDay:
    """One day with who changed it and why."""

    day: date
    kind: OwnDayKind
    reason: str
    set_by: str
    set_at: datetime


def run_of_days(first: date, last: date) -> tuple[date, ...]:
    """The days from `first` to `last`, both included; raises BadDays."""
    if last < first:
        raise BadDays(f"{last} comes before {first}: write the earlier day first")
    if (last - first).days >= LONGEST_RUN_DAYS:
        raise BadDays(f"{first} to {last} is longer than {LONGEST_RUN_DAYS} days")
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise BadDays(f"write days of the years {FIRST_YEAR} to {LAST_YEAR}")
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def read_run(text: str) -> tuple[date, ...]:
    """A day such as 2026-10-12, or a run such as 2026-07-20/2026-08-20; raises BadDays."""
    first, slash, last = text.strip().partition("/")
    try:
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if slash else begin
    except ValueError as error:
        raise BadDays(f"{text!r} is no day or run of days, such as 2026-07-20/2026-08-20") from error
    return run_of_days(begin, end)


def first_changed(before: Mapping[str, str], after: Mapping[str, str]) -> date | None:
    """The first day on which two calendars differ; None if they do not.

    A calendar is told by days (2026-10-12) and whole years (2027), each with a word for what it is.
    """
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    days = [date.fromisoformat(key) if len(key) == 10 else date(int(key), 1, 1) for key in changed]
    return min(days, default=None)
