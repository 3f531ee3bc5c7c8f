"""A centre's own file of State Council notices, `holidays.toml`: years that the library does not know yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from callcenter.domain.calendar import HolidaySource, Notice
from callcenter.toml_table import BadPolicy, Table, read_table

FILE = "holidays.toml"
EXAMPLE = """\
[2027]
off = ["2027-01-01/2027-01-03", "2027-02-05/2027-02-11"]
makeup = ["2027-02-20"]
"""
_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_SEASONS = (
    ("Spring Festival", (1, 20), (2, 25)),
    ("Qingming", (4, 2), (4, 8)),
    ("Dragon Boat Festival", (5, 25), (6, 30)),
    ("Mid-Autumn Festival", (9, 5), (10, 10)),
)
"""In which days of a year each festival that follows moon and sun has a day off."""
_DAY = timedelta(days=1)
_LONGEST_GAP_DAYS = 2


class OwnHolidays:
    """The library's notices, and for years that it does not know those of the centre's file."""

    def __init__(self, library: HolidaySource, own: Mapping[int, Notice]) -> None:
        self._library = library
        self._own = own

    def notice(self, year: int) -> Notice | None:
        """The notice for `year`: the library's, else the file's."""
        return self._library.notice(year) or self._own.get(year)

    def statutory(self, year: int) -> AbstractSet[date]:
        """Days off that the law fixes."""
        return self._library.statutory(year)


def holiday_source(library: HolidaySource, folder: Path | None) -> HolidaySource:
    """The notices of the library and of `holidays.toml` in `folder`, if there is one; raises BadPolicy."""
    path = folder / FILE if folder else None
    if path is None or not path.is_file():
        return library
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"{path.name}: cannot be read: {error}") from error
    return OwnHolidays(library, read_holidays(text, library))


def read_holidays(text: str, library: HolidaySource, name: str = FILE) -> dict[int, Notice]:
    """The notices of a file by year; raises BadPolicy that names file, line, field and fault."""
    top = read_table(name, text)
    years: dict[int, Notice] = {}
    for key in top:
        if not re.fullmatch(r"20\d\d", key):
            raise top.fault(key, f"{key!r} is no year, write for example [2027]")
        years[int(key)] = _year(top.table(key), int(key))
    top.finish()
    for year in sorted(years):
        if year - 1 not in years and library.notice(year) is None and library.notice(year - 1) is None:
            raise top.fault(
                str(year), f"there is a gap: nobody knows the notice for {year - 1}; give that year too"
            )
    return years


def _year(table: Table, year: int) -> Notice:
    off = _days(table, "off", year)
    makeup = _days(table, "makeup", year)
    table.finish()
    if not off:
        raise table.fault("off", 'is missing, write for example off = ["2027-01-01/2027-01-03"]')
    if both := off & makeup:
        raise table.fault("makeup", f"{min(both)} is a day off and a make-up day: it can only be one of them")
    for day in sorted(makeup):
        if day.weekday() < 5:
            raise table.fault(
                "makeup",
                f"{day} is a {day:%A}, a workday anyway; a make-up day is a Saturday or Sunday that is worked",
            )
    _refuse_gaps(table, year, off, makeup)
    return Notice(off, makeup)


def _days(table: Table, key: str, year: int) -> frozenset[date]:
    """The days of a list of runs, none of them twice, all of this year or the last days of the one before."""
    runs: Sequence[str] = table.list_of(key)
    days = table.days(key)
    counted = sum(_length(run) for run in runs)
    if counted != len(days):
        twice = next(run for number, run in enumerate(runs) if _meets(run, runs[:number]))
        raise table.fault(key, f"{twice!r} overlaps with another run of the list: name each day once")
    for day in sorted(days):
        if day.year != year:
            raise table.fault(key, f"{day} is no day of {year}; it belongs under [{day.year}]")
    return days


def _ends(run: str) -> tuple[date, date]:
    first, slash, last = run.partition("/")
    begin = date.fromisoformat(first.strip())
    return begin, date.fromisoformat(last.strip()) if slash else begin


def _length(run: str) -> int:
    begin, end = _ends(run)
    return (end - begin).days + 1


def _meets(run: str, others: Sequence[str]) -> bool:
    begin, end = _ends(run)
    return any(first <= end and begin <= last for first, last in map(_ends, others))


def _refuse_gaps(table: Table, year: int, off: AbstractSet[date], makeup: AbstractSet[date]) -> None:
    """What a notice never leaves out: days fixed by law, a festival, a day in the middle of a run."""
    for month, number in _FIXED:
        if date(year, month, number) not in off:
            raise table.fault("off", f"there is a gap: {date(year, month, number)} is off by law")
    for festival, begin, end in _SEASONS:
        if not any(date(year, *begin) <= day <= date(year, *end) for day in off):
            raise table.fault("off", f"there is a gap: no day off for {festival}")
    ordered = sorted(off)
    for before, after in pairwise(ordered):
        between = [before + _DAY * number for number in range(1, (after - before).days)]
        if 0 < len(between) <= _LONGEST_GAP_DAYS and not any(day in makeup for day in between):
            raise table.fault(
                "off",
                f"there is a gap: {between[0]} lies between days off and is neither off nor a make-up day",
            )
