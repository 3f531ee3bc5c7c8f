"""A centre's own file of the State Council's notices: years the library does not know, and faults said plainly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callcenter.domain.calendar import DayKind, Notice
from callcenter.holidays import ChineseHolidays
from callcenter.own_holidays import holiday_source, read_holidays
from callcenter.policy_files import load_rule_book
from callcenter.toml_table import BadPolicy

LIBRARY = ChineseHolidays()
YEAR = next(year for year in range(2026, 2100) if LIBRARY.notice(year) is None)
"""The first year that the installed library does not know."""


def file(year: int = YEAR, *, off: str = "", makeup: str = "", instead: tuple[str, str] | None = None) -> str:
    """A whole notice, with more days off or make-up days, or with one run written differently."""
    runs = [
        "01-01/01-03",
        "02-05/02-11",
        "04-03/04-05",
        "05-01/05-05",
        "06-08/06-10",
        "09-14/09-16",
        "10-01/10-07",
    ]
    if instead:
        runs[runs.index(instead[0])] = instead[1]
    written = [
        "/".join(f"{year}-{day}" for day in run.split("/")) for run in [*runs, *([off] if off else [])] if run
    ]
    days = ", ".join(f'"{run}"' for run in written)
    return f"[{year}]\noff = [{days}]\n" + (f'makeup = ["{makeup}"]\n' if makeup else "")


def weekend(year: int, month: int) -> date:
    """The last Saturday of a month without a festival."""
    return next(day for number in range(28, 0, -1) if (day := date(year, month, number)).weekday() == 5)


def test_a_year_given_in_the_file_is_published(tmp_path: Path) -> None:
    worked = weekend(YEAR, 3)
    (tmp_path / "holidays.toml").write_text(file(makeup=str(worked)), "utf-8")
    source = holiday_source(LIBRARY, tmp_path)
    calendar = load_rule_book("huizhou-school", source).current.calendar
    assert calendar.published(worked)
    assert calendar.kind(worked) is DayKind.MAKEUP
    assert calendar.kind(date(YEAR, 2, 8)) is DayKind.HOLIDAY
    assert not calendar.published(date(YEAR + 1, 1, 1))


def test_without_a_file_the_library_speaks_alone(tmp_path: Path) -> None:
    assert holiday_source(LIBRARY, tmp_path) is LIBRARY
    assert holiday_source(LIBRARY, None) is LIBRARY


def test_the_library_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "holidays.toml").write_text(file(2026), "utf-8")
    assert holiday_source(LIBRARY, tmp_path).notice(2026) == LIBRARY.notice(2026)


@pytest.mark.parametrize("year", range(2025, YEAR))
def test_the_real_notices_pass_the_same_checks(year: int) -> None:
    """Those since the law of 2025, which fixes 2 May too."""
    notice = LIBRARY.notice(year)
    assert notice is not None
    listed = {
        "off": ", ".join(f'"{day}"' for day in sorted(notice.off)),
        "makeup": ", ".join(f'"{day}"' for day in sorted(notice.makeup)),
    }
    text = f"[{year}]\noff = [{listed['off']}]\nmakeup = [{listed['makeup']}]\n"
    assert read_holidays(text, LIBRARY) == {year: Notice(notice.off, notice.makeup)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (file(YEAR + 1), rf"line 1: {YEAR + 1}: there is a gap: nobody knows the notice for {YEAR}"),
        (file(instead=("10-01/10-07", "10-01/10-02")), rf"line 2: {YEAR}.off: .*{YEAR}-10-03 is off by law"),
        (file(instead=("02-05/02-11", "")), "no day off for Spring Festival"),
        (file(instead=("10-01/10-07", "10-01/10-03"), off="10-05/10-07"), f"gap: {YEAR}-10-04 lies between"),
        (file(off="02-11/02-12"), "overlaps with another run"),
        (file(makeup=f"{YEAR}-10-01"), "a day off and a make-up day"),
        (
            file(makeup=f"{date(YEAR, 3, 1 + (7 - date(YEAR, 3, 1).weekday()) % 7)}"),
            "a Monday, a workday anyway",
        ),
        (file().replace(f'"{YEAR}-01-01', f'"{YEAR - 1}-12-31'), f"it belongs under .{YEAR - 1}."),
        (f"[{YEAR}]\n", "off: is missing"),
        ("[next]\n", "is no year, write for example"),
        (f"[{YEAR}]\noff = ['some day']\n", "is no day or run of days"),
        (file() + "work = []\n", "nobody knows this"),
        ("[2027\n", "holidays.toml: "),
    ],
)
def test_a_fault_names_line_field_and_reason(text: str, said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        read_holidays(text, LIBRARY)
