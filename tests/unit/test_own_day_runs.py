"""Runs of the centre's own days as text and as days, and where two calendars begin to differ."""

from __future__ import annotations

import re
from datetime import date

import pytest

from callcenter.domain.own_days import BadDays, first_changed, read_run, run_of_days


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("2026-10-12", date(2026, 10, 12), date(2026, 10, 12), 1),
        ("2026-07-20/2026-08-20", date(2026, 7, 20), date(2026, 8, 20), 32),
        (" 2026-07-20 / 2026-07-21 ", date(2026, 7, 20), date(2026, 7, 21), 2),
        ("2026-12-31/2027-01-01", date(2026, 12, 31), date(2027, 1, 1), 2),
        # 400 days at most: 1 January 2026 to 4 February 2027 are 365 + 35
        ("2026-01-01/2027-02-04", date(2026, 1, 1), date(2027, 2, 4), 400),
        ("2000-01-01", date(2000, 1, 1), date(2000, 1, 1), 1),
        ("2100-12-31", date(2100, 12, 31), date(2100, 12, 31), 1),
    ],
)
def test_a_run_has_every_day_from_the_first_to_the_last(
    text: str, first: date, last: date, count: int
) -> None:
    days = read_run(text)
    assert (days[0], days[-1], len(days)) == (first, last, count)
    assert [day.toordinal() - first.toordinal() for day in days] == list(range(count))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no day or run of days, such as 2026-07-20/2026-08-20"),
        ("tomorrow", "'tomorrow' is no day or run of days"),
        ("2026-02-29", "'2026-02-29' is no day"),
        ("2026-07-20/", "'2026-07-20/' is no day or run"),
        ("2026-07-20/2026-07-32", "is no day or run"),
        ("2026-07-20/2026-07-21/2026-07-22", "is no day or run"),
        ("2026-07-21/2026-07-20", "2026-07-20 comes before 2026-07-21: write the earlier day first"),
        ("2026-01-01/2027-02-05", "2026-01-01 to 2027-02-05 is longer than 400 days"),
        ("1999-12-31", "write days of the years 2000 to 2100"),
        ("2101-01-01", "write days of the years 2000 to 2100"),
        ("2100-12-31/2101-01-01", "write days of the years 2000 to 2100"),
        ("1999-12-31/2000-01-01", "write days of the years 2000 to 2100"),
    ],
)
def test_what_is_no_run_says_why(text: str, said: str) -> None:
    with pytest.raises(BadDays, match=re.escape(said)):
        read_run(text)


def test_one_day_is_a_run() -> None:
    assert run_of_days(date(2026, 10, 12), date(2026, 10, 12)) == (date(2026, 10, 12),)


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ({}, {}, None),
        ({"2026-10-12": "closure"}, {"2026-10-12": "closure"}, None),
        ({"2026-10-12": "closure"}, {"2026-10-12": "opening"}, date(2026, 10, 12)),
        ({"2026-10-12": "closure"}, {}, date(2026, 10, 12)),
        ({}, {"2026-10-12": "closure"}, date(2026, 10, 12)),
        # the first of them, in whatever order they stand
        (
            {"2026-12-01": "closure", "2026-11-01": "closure"},
            {"2026-10-12": "closure", "2026-11-01": "closure"},
            date(2026, 10, 12),
        ),
        # the notice of a year became known
        ({"2027": "unknown", "2027-03-01": "closure"}, {"2027": "published"}, date(2027, 1, 1)),
        ({"2027": "published"}, {"2027": "published", "2027-03-01": "closure"}, date(2027, 3, 1)),
    ],
)
def test_where_two_calendars_begin_to_differ(
    before: dict[str, str], after: dict[str, str], first: date | None
) -> None:
    assert first_changed(before, after) == first
