"""Due times beside an independent count: the library's own `is_workday`, one day after the other."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import is_workday

from callcenter.domain.clocks import due_time
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

ZONE = ZoneInfo("Asia/Shanghai")
CASES = 10_000
FIRST, LAST = date(2007, 1, 1), date(2026, 12, 15)


def counted_by_hand(start: datetime, days: int) -> datetime:
    """Closing time of the so manieth working day after the local day of `start`."""
    day = start.astimezone(ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= is_workday(day)
    return datetime.combine(day, time(17, 30), ZONE).astimezone(UTC)


@pytest.mark.rule("H12", "H15", "H18", "H19", "H20")
def test_ten_thousand_due_times_agree_with_a_count_of_the_librarys_days() -> None:
    rules = load_rule_book("huizhou-school", ChineseHolidays()).of("huizhou-school")
    clocks = [rules.policy.clock(f"h12-{name}") for name in ("simple", "normal", "complex")]
    # The same cases in every run: a failure can be looked at again.
    chance = random.Random(2026)
    seconds = int((LAST - FIRST) / timedelta(seconds=1))
    wrong = []
    for _ in range(CASES):
        start = datetime.combine(FIRST, time(), ZONE) + timedelta(seconds=chance.randrange(seconds))
        days = chance.choice((1, 2, 3))
        found = due_time(clocks[days - 1].limit, start, rules.calendar)
        if found.due_at != counted_by_hand(start, days):
            wrong.append((start.isoformat(), days))
    assert wrong == []
