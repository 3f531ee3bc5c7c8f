"""The figures of a row worked out by hand, and the rows of a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.answer_times import (
    TOTAL,
    CallTally,
    Dimension,
    Figures,
    Group,
    Limits,
    OpinionTally,
    PromiseTally,
    Tallies,
    TransferTally,
    figures_of,
    greeting_limit,
    no_opinions,
    report_of,
)
from callcenter.domain.clocks import Elapsed, ServiceTime
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

COUNTED = Tallies(
    calls=CallTally(
        offered=20,
        answered=12,
        callback=3,
        no_answer=2,
        abandoned=1,
        closed=4,
        failed=5,
        rebuilt=2,
        timed=10,
        in_threshold=9,
        greeting_due=8,
        greeted_in_time=6,
        wait_avg_ms=4100.4,
        answer_avg_ms=3180.5,
        answer_p50_ms=2999.6,
        answer_p90_ms=9000.0,
    ),
    transfers=TransferTally(due=5, in_time=4),
    promises=PromiseTally(met=7, missed=1),
    opinions=OpinionTally(by_answer={"satisfied": 3, "fairly": 1}, satisfied=3),
)
OF_A_LINE = Figures(
    offered=20,
    answered=12,
    answered_share=0.6,
    answered_part=None,
    callback=3,
    no_answer=2,
    abandoned=1,
    closed=4,
    failed=5,
    rebuilt=2,
    # half a millisecond goes to the even side
    answer_avg_ms=3180,
    answer_p50_ms=3000,
    answer_p90_ms=9000,
    wait_avg_ms=4100,
    within_threshold=0.9,
    greeted_in_time=0.75,
    transfers=5,
    transfers_in_time=0.8,
    promises=8,
    promises_kept=0.875,
    opinions=4,
    satisfied=0.75,
    satisfaction={"fairly": 1, "satisfied": 3},
)


def test_the_figures_of_a_line() -> None:
    found = figures_of(COUNTED)
    assert found == OF_A_LINE
    assert list(found.satisfaction) == ["fairly", "satisfied"], "in the same order in every row"


def test_of_a_person_only_what_they_did_is_counted() -> None:
    # 12 of 48 answered by all; calls are offered to everybody
    assert figures_of(COUNTED, answered_by_all=48) == replace(
        OF_A_LINE,
        offered=None,
        answered_share=None,
        answered_part=0.25,
        callback=None,
        no_answer=None,
        abandoned=None,
        closed=None,
        failed=None,
    )


START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
LIMITS = Limits(answer=timedelta(seconds=15), greeting=timedelta(seconds=3))


def test_rows_stand_in_order_and_people_have_names_and_parts() -> None:
    other = Tallies(calls=CallTally(offered=9, answered=6))
    counted: dict[Group, Tallies] = {
        TOTAL: COUNTED,
        (Dimension.PERSON, "102"): other,
        (Dimension.PERSON, "101"): other,
        (Dimension.LINE, "8001"): other,
        (Dimension.LINE, "8000"): COUNTED,
        (Dimension.HOUR, "09"): COUNTED,
        (Dimension.DAY, "2026-11-23"): other,
    }
    found = report_of(counted, {"101": "王敏", "8000": "no person"}, start=START, end=END, limits=LIMITS)
    assert (found.start, found.end, found.limits) == (START, END, LIMITS)
    assert (found.total.key, found.total.name, found.total.figures) == ("", None, OF_A_LINE)
    assert [(row.key, row.name, row.figures.answered_part) for row in found.people] == [
        ("101", "王敏", 0.5),
        ("102", "102", 0.5),
    ]
    assert [(row.key, row.name, row.figures.offered) for row in found.lines] == [
        ("8000", None, 20),
        ("8001", None, 9),
    ]
    assert [(row.key, row.name, row.figures.answered_part) for row in found.hours] == [("09", None, None)]
    assert [row.key for row in found.days] == ["2026-11-23"]


def test_where_nothing_was_counted_the_total_is_nothing() -> None:
    found = report_of({}, {}, start=START, end=END, limits=LIMITS)
    assert found.total.figures == figures_of(Tallies())
    assert (found.people, found.lines, found.hours, found.days) == ((), (), (), ())


@pytest.mark.rule("H10")
def test_the_limit_of_the_greeting_is_that_of_the_clock_which_a_greeting_stops() -> None:
    policy = load_rule_book("huizhou-school", ChineseHolidays()).current.policy
    h10, h11 = policy.clock("h10"), policy.clock("h11")
    # another span that always passes stands before it
    assert greeting_limit(replace(policy, clocks={"h11": h11, "h10": h10})) == timedelta(seconds=3)
    assert greeting_limit(replace(policy, clocks={"h11": h11})) is None
    hours = replace(h10, limit=ServiceTime(span=timedelta(seconds=3)))
    assert greeting_limit(replace(policy, clocks={"h10": hours})) is None
    longer = replace(h10, limit=Elapsed(span=timedelta(seconds=5)))
    assert greeting_limit(replace(policy, clocks={"h10": longer})) == timedelta(seconds=5)


@pytest.mark.rule("H32")
def test_what_only_notes_that_no_opinion_was_given_is_none() -> None:
    book = load_rule_book("huizhou-school", ChineseHolidays())
    assert sorted(no_opinions(book)) == [
        ("huizhou-school", "not_given"),
        ("one-stop-station", "not_given"),
        ("training-centre", "not_given"),
    ]
