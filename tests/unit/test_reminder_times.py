"""Quiet hours, digests, pauses between tries, and whose reminder it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calendar import Span
from callcenter.domain.policy import RuleBook
from callcenter.domain.reminders import digest_day, end_of_quiet, is_hopeless, pause_after
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

CENTRE = ZoneInfo("Asia/Shanghai")
NIGHT = Span(time(20), time(8))
LUNCH = Span(time(12), time(14))


def at(text: str, zone: ZoneInfo = CENTRE) -> datetime:
    """A wall-clock time of the centre."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("quiet", "now", "told_at"),
    [
        ((NIGHT,), "2026-11-23 19:59:59", "2026-11-23 19:59:59"),
        ((NIGHT,), "2026-11-23 20:00", "2026-11-24 08:00"),
        ((NIGHT,), "2026-11-24 00:00", "2026-11-24 08:00"),
        ((NIGHT,), "2026-11-24 07:59:59", "2026-11-24 08:00"),
        ((NIGHT,), "2026-11-24 08:00", "2026-11-24 08:00"),
        ((LUNCH,), "2026-11-24 12:00", "2026-11-24 14:00"),
        ((LUNCH,), "2026-11-24 14:00", "2026-11-24 14:00"),
        ((LUNCH, Span(time(14), time(15))), "2026-11-24 12:30", "2026-11-24 15:00"),
        ((NIGHT, Span(time(8), time(9))), "2026-11-23 23:00", "2026-11-24 09:00"),
        ((), "2026-11-24 03:00", "2026-11-24 03:00"),
        ((Span(time(12), time(12)),), "2026-11-24 12:00", "2026-11-24 12:00"),
    ],
)
def test_quiet_hours_end(quiet: tuple[Span, ...], now: str, told_at: str) -> None:
    assert end_of_quiet(at(now), quiet, CENTRE) == at(told_at)


def test_quiet_hours_where_the_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # 29 March 2026: 02:00 becomes 03:00; the night has an hour less.
    begin = at("2026-03-28 22:00", berlin).astimezone(UTC)
    end = end_of_quiet(begin, (Span(time(22), time(6)),), berlin)
    assert (end.astimezone(berlin).time(), end - begin) == (time(6), timedelta(hours=7))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.lists(st.tuples(st.times(), st.times())))
def test_it_is_never_told_before_it_is_known_and_ends_within_days(
    now: datetime, spans: list[tuple[time, time]]
) -> None:
    known = now.replace(tzinfo=UTC)
    told = end_of_quiet(known, [Span(*span) for span in spans], CENTRE)
    assert known <= told <= known + timedelta(days=len(spans) + 1)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rule_book("huizhou-school", ChineseHolidays())


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-23 08:14:59", None),
        ("2026-11-23 08:15", date(2026, 11, 23)),
        # The worker was down in the morning.
        ("2026-11-23 17:29", date(2026, 11, 23)),
        ("2026-11-23 17:30", None),
        ("2026-11-22 09:00", None),  # Sunday
        ("2026-10-01 09:00", None),  # National Day
        ("2026-10-10 09:00", date(2026, 10, 10)),  # a Saturday that is worked instead
    ],
)
def test_the_digest_is_for_the_mornings_of_working_days(book: RuleBook, now: str, day: date | None) -> None:
    assert digest_day(at(now), time(8, 15), book.current.calendar) == day
    assert digest_day(at(now), None, book.current.calendar) is None


def test_pauses_grow_from_a_minute_to_an_hour() -> None:
    pauses = [pause_after(tries) for tries in range(1, 40)]
    assert pauses[:7] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60)]
    assert all(one <= two for one, two in pairwise(pauses))
    assert pauses[-1] == timedelta(hours=1)


def test_after_a_day_it_is_given_up() -> None:
    begin = at("2026-11-23 10:00")
    assert not is_hopeless(begin, begin + timedelta(days=1, microseconds=-1))
    assert is_hopeless(begin, begin + timedelta(days=1))
