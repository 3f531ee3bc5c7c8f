"""The report of answer times without a database: periods, rates, formulas, files."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.answer_times import (
    FIGURES,
    TOTAL,
    AnswerTimes,
    CallTally,
    Dimension,
    Figures,
    Group,
    Limits,
    OpinionTally,
    PromiseTally,
    Tallies,
    TransferTally,
    Unit,
    figures_of,
    greeting_limit,
    in_words,
    is_satisfied,
    report_of,
)
from callcenter.domain.periods import BadPeriod, read_period
from callcenter.domain.policy import RuleBook
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book
from callcenter.report_files import as_csv, as_json, as_xlsx
from web.views.reports import percent

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
"""Monday 23 November 2026, 10:20 in the centre."""
LIMITS = Limits(answer=timedelta(seconds=15), greeting=timedelta(seconds=3))


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rule_book("huizhou-school", ChineseHolidays())


@pytest.mark.parametrize(
    ("since", "until", "start", "end"),
    [
        # days of the centre, eight hours ahead of UTC, both included
        ("2026-11-01", "2026-11-30", "2026-10-31T16:00:00Z", "2026-11-30T16:00:00Z"),
        ("2026-11-23", "2026-11-23", "2026-11-22T16:00:00Z", "2026-11-23T16:00:00Z"),
        # the second instant is left out; without an offset it is local
        ("2026-11-20T08:00:00+08:00", "2026-11-20T09:00", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z"),
        ("2026-11-20T08:00:00 08:00", "2026-11-20", "2026-11-20T00:00:00Z", "2026-11-20T16:00:00Z"),
        # what is not given: until the end of today, from the beginning of the day it ends in
        (None, None, "2026-11-22T16:00:00Z", "2026-11-23T16:00:00Z"),
        ("2026-11-01", None, "2026-10-31T16:00:00Z", "2026-11-23T16:00:00Z"),
        (None, "2026-11-20", "2026-11-19T16:00:00Z", "2026-11-20T16:00:00Z"),
        (None, "2026-11-20T00:00", "2026-11-18T16:00:00Z", "2026-11-19T16:00:00Z"),
    ],
)
def test_a_period(since: str | None, until: str | None, start: str, end: str) -> None:
    period = read_period(since, until, SHANGHAI, NOW)
    assert period.start == datetime.fromisoformat(start)
    assert period.end == datetime.fromisoformat(end)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)], ids=["spring", "autumn"])
def test_a_day_on_which_the_clocks_change(day: str, hours: int) -> None:
    period = read_period(day, day, ZoneInfo("Europe/Berlin"), NOW)
    assert period.end - period.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-11-30", "2026-11-01", "ends (2026-11-01) before it begins (2026-11-30)"),
        ("2026-11-20T08:00", "2026-11-20T08:00", "before it begins"),
        ("2026-02-30", None, "from: '2026-02-30' is neither a day such as"),
        ("2026-11-01", "yesterday", "to: 'yesterday' is neither a day such as"),
        ("2199-01-01", None, "the year 2199 is outside"),
        ("0001-01-01", None, "the year 1 is outside 2000 to 2100"),
        ("2026-11-01", "9999-12-31", "the year 9999"),
        ("2000-01-01", "2026-01-01", "longer than ten years"),
        ("2026-11-01T00:00:00+99:99", None, "neither a day"),
        ("'; DROP TABLE call; --", None, "neither a day"),
    ],
)
def test_no_period(since: str, until: str | None, said: str) -> None:
    with pytest.raises(BadPeriod, match=re.escape(said)):
        read_period(since, until, SHANGHAI, NOW)


@pytest.mark.rule("H10")
def test_the_limit_of_the_greeting_is_the_policy_s(book: RuleBook) -> None:
    assert greeting_limit(book.of("huizhou-school").policy) == timedelta(seconds=3)


@pytest.mark.rule("H32", "H41")
def test_who_is_satisfied_says_the_policy(book: RuleBook) -> None:
    for rules in book.by_name.values():
        for answer in rules.policy.satisfaction:
            assert is_satisfied(book, rules.policy.name, answer.key) is not answer.reopens
    assert not is_satisfied(book, "huizhou-school", "nobody-knows-this")
    assert not is_satisfied(book, "no-such-policy", "satisfied")


def test_nothing_counted_divides_nothing() -> None:
    of_a_line, of_a_person = figures_of(Tallies()), figures_of(Tallies(), answered_by_all=0)
    for figure in FIGURES:
        expected = 0 if figure.unit is Unit.COUNT else None
        assert getattr(of_a_line, figure.key) == expected, figure.key
        assert getattr(of_a_person, figure.key) in (expected, None), figure.key
    assert of_a_person.offered is None


COUNTS = st.integers(0, 10_000)


@st.composite
def tallies(draw: st.DrawFn) -> Tallies:
    """Counts as they can come out: no part is greater than its whole."""

    def part(whole: int) -> int:
        return draw(st.integers(0, whole))

    offered = draw(COUNTS)
    answered = part(offered)
    timed, decided, opinions = part(answered), draw(COUNTS), draw(COUNTS)
    due, met = part(timed), part(decided)
    by_answer = {"satisfied": part(opinions)}
    by_answer["not_satisfied"] = opinions - by_answer["satisfied"]
    transfers = draw(COUNTS)
    return Tallies(
        calls=CallTally(
            offered=offered,
            answered=answered,
            timed=timed,
            in_threshold=part(timed),
            greeting_due=due,
            greeted_in_time=part(due),
        ),
        transfers=TransferTally(due=transfers, in_time=part(transfers)),
        promises=PromiseTally(met=met, missed=decided - met),
        opinions=OpinionTally(by_answer=by_answer, satisfied=by_answer["satisfied"]),
    )


@given(counted=tallies(), others=COUNTS)
def test_rates_lie_between_nothing_and_all(counted: Tallies, others: int) -> None:
    for figures in (
        figures_of(counted),
        figures_of(counted, answered_by_all=counted.calls.answered + others),
    ):
        for figure in FIGURES:
            value = getattr(figures, figure.key)
            if figure.unit is Unit.SHARE and value is not None:
                assert 0 <= value <= 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0%"), (1, "100%"), (2 / 3, "66.7%"), (0.5, "50%"), (0.9999, "99.9%"), (0.0001, "0.1%")],
)
def test_only_what_is_whole_is_shown_as_whole(value: float, shown: str) -> None:
    assert percent(value) == shown


def test_each_figure_states_its_formula() -> None:
    assert [figure.key for figure in FIGURES] + ["satisfaction"] == [each.name for each in fields(Figures)]
    for figure in FIGURES:
        if figure.unit is not Unit.COUNT:
            assert "divided by" in figure.formula or "percentile" in figure.formula, figure.key
            assert "Empty" in figure.formula, f"{figure.key}: what if there are no calls?"
        assert "%(" not in in_words(figure.formula, LIMITS)
    assert in_words("within %(threshold)s s, %(greeting)s s", LIMITS) == "within 15 s, 3 s"
    none = Limits(answer=timedelta(seconds=2.5), greeting=None)
    assert in_words("within %(threshold)s s, %(greeting)s s", none) == "within 2.5 s, – s"


HOSTILE = ('=HYPERLINK("http://evil.example";"x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def report(name: str = "王敏") -> AnswerTimes:
    calls = CallTally(offered=4, answered=3, timed=3, in_threshold=2, answer_avg_ms=3180.4)
    counted: dict[Group, Tallies] = {
        TOTAL: Tallies(calls=calls),
        (Dimension.PERSON, "101"): Tallies(calls=calls),
        (Dimension.PERSON, "102"): Tallies(calls=CallTally()),
        (Dimension.LINE, "8000"): Tallies(calls=calls),
        (Dimension.HOUR, "09"): Tallies(calls=calls),
        (Dimension.DAY, "2026-11-23"): Tallies(calls=calls),
    }
    period = read_period("2026-11-23", "2026-11-23", SHANGHAI, NOW)
    return report_of(counted, {"101": name}, start=period.start, end=period.end, limits=LIMITS)


@pytest.mark.rule("T31")
def test_a_member_of_staff_sees_the_centre_and_themselves() -> None:
    seen = report().of_person_alone("102")
    assert [row.key for row in seen.people] == ["102"]
    assert seen.total == report().total
    assert report().of_person_alone("").people == ()


def test_the_table_opens_as_csv() -> None:
    text = as_csv(report(), SHANGHAI)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["by"] for row in rows] == ["total", "person", "person", "line", "hour", "day"]
    assert rows[1] | {"name": "王敏", "answered": "3", "offered": "", "within_threshold": "0.6667"} == rows[1]
    assert rows[0]["from"] == "2026-11-23T00:00:00+08:00"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_no_formula(name: str) -> None:
    rows = csv.DictReader(io.StringIO(as_csv(report(name), SHANGHAI).removeprefix("\ufeff"), newline=""))
    names = [row["name"] for row in rows if row["key"] == "101"]
    assert names == [f"'{name}"]
    book = zipfile.ZipFile(io.BytesIO(as_xlsx(report(name), SHANGHAI)))
    for part in book.namelist():
        text = book.read(part).decode()
        assert "<f>" not in text
        assert "<hyperlink" not in text


@pytest.mark.parametrize(
    ("translate", "sheets"),
    [
        (str, ["Total", "Person", "Line", "Hour of the day", "Day", "Formula"]),
        (
            lambda text: f"译 {text}"[:20],
            ["译 Total", "译 Person", "译 Line", "译 Hour of the day", "译 Day", "译 Formula"],
        ),
    ],
)
def test_the_workbook_has_its_sheets(translate: type[str], sheets: list[str]) -> None:
    book = zipfile.ZipFile(io.BytesIO(as_xlsx(report(), SHANGHAI, translate)))
    assert re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode()) == sheets
    people = book.read("xl/worksheets/sheet2.xml").decode()
    assert len(re.findall("<row ", people)) == 3
    assert "王敏" in book.read("xl/sharedStrings.xml").decode()


def test_the_json_has_every_figure_in_every_row() -> None:
    made = as_json(report(), SHANGHAI)
    keys = {figure.key for figure in FIGURES} | {"satisfaction"}
    assert set(made["total"]) == keys
    assert set(made["people"][0]) == keys | {"extension", "name"}
    assert made["hours"][0]["hour"] == 9
    assert made["people"][1]["name"] == "102", "who is not known is called by extension"
    assert set(made["formulas"]) == {figure.key for figure in FIGURES}
