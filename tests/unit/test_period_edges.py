"""Periods at their limits: ten years exactly, a microsecond past midnight, what is quoted back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.periods import LONGEST, BadPeriod, Period, days, read_period

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)


def test_whole_days_include_both() -> None:
    assert days(date(2026, 11, 1), date(2026, 11, 30), SHANGHAI) == Period(
        start=datetime(2026, 10, 31, 16, tzinfo=UTC), end=datetime(2026, 11, 30, 16, tzinfo=UTC)
    )


def test_a_period_has_ten_years_at_most() -> None:
    start = datetime(2010, 1, 1, tzinfo=UTC)
    longest = read_period(start.isoformat(), (start + LONGEST).isoformat(), SHANGHAI, NOW)
    assert longest.end - longest.start == timedelta(days=3660)
    with pytest.raises(BadPeriod, match=r"^the period is longer than ten years$"):
        read_period(
            start.isoformat(), (start + LONGEST + timedelta(microseconds=1)).isoformat(), SHANGHAI, NOW
        )


@pytest.mark.parametrize(
    ("since", "until"),
    [("2000-01-01", "2000-01-01"), ("2100-12-31", "2100-12-31"), ("2100-12-30T00:00", "2100-12-31T23:59")],
)
def test_the_first_and_the_last_day_that_can_be_asked_for(since: str, until: str) -> None:
    period = read_period(since, until, SHANGHAI, NOW)
    assert period.start < period.end


@pytest.mark.parametrize(
    ("until", "start"),
    [
        ("2026-11-20T00:00", "2026-11-19"),
        ("2026-11-20T00:00:00.000001", "2026-11-20"),
        ("2026-11-19T23:59:59.999999", "2026-11-19"),
    ],
)
def test_without_a_beginning_it_begins_with_the_day_in_which_it_ends(until: str, start: str) -> None:
    period = read_period(None, until, SHANGHAI, NOW)
    assert period.start.astimezone(SHANGHAI).isoformat() == f"{start}T00:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00+00:00"),
        ("2026-11-20T08:00:00+00:00", "2026-11-20T08:00:00+00:00"),
        ("2026-11-20T08:00:00-05:00", "2026-11-20T13:00:00+00:00"),
        # a blank before an hour is a blank, before an offset it was a plus
        ("2026-11-20 08:00", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T08:00 0800", "2026-11-20T00:00:00+00:00"),
        (" 2026-11-20T08:00 ", "2026-11-20T00:00:00+00:00"),
    ],
)
def test_an_instant_with_and_without_an_offset(text: str, instant: str) -> None:
    assert read_period(text, None, SHANGHAI, NOW).start.isoformat() == instant


def test_what_is_quoted_back_is_cut() -> None:
    with pytest.raises(BadPeriod) as caught:
        read_period("x" * 100, None, SHANGHAI, NOW)
    assert str(caught.value) == (
        f"from: '{'x' * 40}' is neither a day such as 2026-11-01 nor an instant such as 2026-11-01T08:00:00+08:00"
    )


def test_a_period_that_ends_today_says_so() -> None:
    with pytest.raises(BadPeriod, match=re.escape("ends (2026-11-23) before it begins (2026-11-24)")):
        read_period("2026-11-24", None, SHANGHAI, NOW)
