"""Periods of reports: those to choose by one click, as an address has them, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from callcenter.domain.periods import BadPeriod, Period, days, read_period
from web.i18n import N_, Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A period to choose by one click."""

    text: str
    query: str
    is_chosen: bool


def choices(chosen: Period, zone: ZoneInfo, now: datetime, say: Speech) -> list[Choice]:
    """Today, this week (from Monday), this month, last month."""
    today = now.astimezone(zone).date()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last = first - timedelta(days=1)
    offered = (
        (N_("Today"), today, today),
        (N_("This week"), monday, today),
        (N_("This month"), first, today),
        (N_("Last month"), last.replace(day=1), last),
    )
    found: list[Choice] = []
    for text, start, end in offered:
        same = days(start, end, zone) == chosen and not any(choice.is_chosen for choice in found)
        query = urlencode({"from": start, "to": end})
        found.append(Choice(text=say.gettext(text), query=query, is_chosen=same))
    return found


def query_of(period: Period, zone: ZoneInfo) -> dict[str, str]:
    """The period as an address has it: days where it begins and ends with a day."""
    first, last = period.start.astimezone(zone), period.end.astimezone(zone)
    before = last - timedelta(days=1)
    if days(first.date(), before.date(), zone) == period:
        return {"from": first.date().isoformat(), "to": before.date().isoformat()}
    return {"from": first.isoformat(), "to": last.isoformat()}


def period_words(period: Period, say: Speech) -> str:
    """The period in words: days where it is made of days."""
    first, last = period.start, period.end - timedelta(microseconds=1)
    if "T" in query_of(period, say.zone)["from"]:
        return f"{say.full(first)} – {say.full(period.end)}"
    if say.is_today(first, last):
        return say.day(first)
    return f"{say.day(first)} – {say.day(last)}"


def month_or(since: str | None, until: str | None, zone: ZoneInfo, now: datetime) -> Period:
    """The period asked for, else this month up to today; raises BadPeriod."""
    first = now.astimezone(zone).date().replace(day=1).isoformat()
    return read_period(since or (None if until else first), until, zone, now)


def month_asked_for(
    since: str | None, until: str | None, zone: ZoneInfo, now: datetime
) -> tuple[Period, bool]:
    """As `month_or`; this month, and True, if what was asked for makes no sense."""
    try:
        return month_or(since, until, zone, now), False
    except BadPeriod:
        return month_or(None, None, zone, now), True


def period_choices(chosen: Period, zone: ZoneInfo, now: datetime, say: Speech) -> list[Choice]:
    """As in reports, and this year."""
    today = now.astimezone(zone).date()
    first = today.replace(month=1, day=1)
    offered = choices(chosen, zone, now, say)
    same = days(first, today, zone) == chosen and not any(choice.is_chosen for choice in offered)
    query = urlencode({"from": first, "to": today})
    return [*offered, Choice(text=say.gettext(N_("This year")), query=query, is_chosen=same)]


def first_and_last(period: Period, zone: ZoneInfo) -> tuple[date, date]:
    """The days that a period begins and ends with."""
    last = period.end - timedelta(microseconds=1)
    return period.start.astimezone(zone).date(), last.astimezone(zone).date()
