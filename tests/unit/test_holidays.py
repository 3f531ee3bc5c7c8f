"""The State Council's notices: years that count days right, and what is known of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from callcenter.domain.calendar import DayKind
from callcenter.domain.policy import RuleBook
from callcenter.holidays import ChineseHolidays


def days(year: int, spans: str) -> set[date]:
    """The days of spans such as `2.15-2.23 4.4-4.6`."""
    found: set[date] = set()
    for span in spans.split():
        first, last = (
            date(year, *(int(part) for part in text.split("."))) for text in (span.split("-") * 2)[:2]
        )
        found |= {first + timedelta(days=offset) for offset in range((last - first).days + 1)}
    return found


@pytest.mark.parametrize(
    ("year", "off", "makeup"),
    [
        (
            2026,
            "1.1-1.3 2.15-2.23 4.4-4.6 5.1-5.5 6.19-6.21 9.25-9.27 10.1-10.7",
            "1.4 2.14 2.28 5.9 9.20 10.10",
        ),
        (2025, "1.1 1.28-2.4 4.4-4.6 5.1-5.5 5.31-6.2 10.1-10.8", "1.26 2.8 4.27 9.28 10.11"),
        (
            2024,
            "1.1 2.10-2.17 4.4-4.6 5.1-5.5 6.10 9.15-9.17 10.1-10.7",
            "2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12",
        ),
    ],
)
def test_whole_years(year: int, off: str, makeup: str) -> None:
    notice = ChineseHolidays().notice(year)
    assert notice is not None
    assert set(notice.off) == days(year, off)
    assert set(notice.makeup) == days(year, makeup)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        # 22 to 24 June 2012, 20 and 22 June 2015: the Saturday or Sunday inside the run belongs to it
        (date(2012, 6, 23), DayKind.HOLIDAY),
        (date(2015, 6, 21), DayKind.HOLIDAY),
        (date(2015, 9, 5), DayKind.HOLIDAY),
        (date(2015, 9, 6), DayKind.MAKEUP),
        # 10 June 2024 "joins the weekend", which stays one
        (date(2024, 6, 9), DayKind.WEEKEND),
        (date(2024, 6, 10), DayKind.HOLIDAY),
        (date(2026, 10, 10), DayKind.MAKEUP),
        (date(2026, 11, 21), DayKind.WEEKEND),
    ],
)
def test_single_days(rule_book: RuleBook, day: date, kind: DayKind) -> None:
    assert rule_book.of("huizhou-school").calendar.kind(day) is kind


def test_which_years_are_known() -> None:
    source = ChineseHolidays()
    assert source.notice(2004) is not None
    assert source.notice(2003) is None
    assert source.notice(2100) is None
    assert source.statutory(2003) == frozenset()
