"""The State Council's notices from `chinesecalendar`: the only file that imports it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from chinese_calendar.constants import holidays, workdays

from callcenter.domain.calendar import Notice

# State Council Decree 795, in force since 2025: these days are off whatever the year's notice arranges around
# them. The other statutory days follow the lunar calendar and the sun, and wait for the notice.
_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_FIXED_SINCE = 2025

# The notice of 2015 gave 3 to 5 September off; the library leaves out the Saturday.
_LEFT_OUT = {date(2015, 9, 5)}

_SATURDAY = 5


class ChineseHolidays:
    """Notices of 2004 and later, as far as the installed release of `chinesecalendar` knows them."""

    def __init__(self) -> None:
        off: defaultdict[int, set[date]] = defaultdict(set)
        makeup: defaultdict[int, set[date]] = defaultdict(set)
        for day in (*_whole_runs(set(holidays)), *_LEFT_OUT):
            off[day.year].add(day)
        for day in workdays:
            makeup[day.year].add(day)
        # Every notice has its days in spring; a lone 31 December belongs to the notice of the next year.
        self._notices = {
            year: Notice(frozenset(days), frozenset(makeup[year]))
            for year, days in off.items()
            if any(1 < day.month < 12 for day in days)
        }

    def notice(self, year: int) -> Notice | None:
        """The notice for `year`; None if this release does not know it."""
        return self._notices.get(year)

    def statutory(self, year: int) -> AbstractSet[date]:
        """The days that Decree 795 fixes by date; none before it was in force."""
        if year < _FIXED_SINCE:
            return frozenset()
        return frozenset(date(year, month, day) for month, day in _FIXED)


def _whole_runs(listed: set[date]) -> set[date]:
    """`listed` with the Saturdays and Sundays that the library leaves out between two days of one run."""
    whole = set(listed)
    for day in listed:
        gap = []
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY and day not in listed and day not in workdays:
            gap.append(day)
            day += timedelta(days=1)
        if day in listed:
            whole.update(gap)
    return whole
