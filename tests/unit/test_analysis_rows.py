"""The analysis of matters from what was counted: rows in order, long tables cut, shares of what they divide by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.domain.analysis import LONGEST_TABLE, By, Counts, analysis_of

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def rows(counted: dict[tuple[By, str], Counts], by: By) -> list[str]:
    """The keys of one dimension as they stand in the table."""
    return list(analysis_of(counted, start=START, end=END).rows[by])


@pytest.mark.rule("H43", "S50")
def test_each_dimension_has_its_rows_the_largest_first() -> None:
    few, some, many = Counts(matters=1), Counts(matters=2), Counts(matters=30, late=3)
    counted = {
        (By.TOTAL, ""): Counts(matters=33),
        (By.KIND, "inquiry"): few,
        (By.KIND, "complaint"): many,
        (By.OFFICE, "teaching"): some,
        # as many as another: by name
        (By.OFFICE, "general"): some,
        (By.OFFICE, "accounts"): few,
    }
    found = analysis_of(counted, start=START, end=END)
    assert (found.start, found.end, found.total) == (START, END, Counts(matters=33))
    assert list(found.rows[By.KIND].items()) == [("complaint", many), ("inquiry", few)]
    assert list(found.rows[By.OFFICE]) == ["general", "teaching", "accounts"]
    assert list(found.rows) == [By.KIND, By.CHANNEL, By.OFFICE, By.CAUSE, By.PERSON, By.MONTH]
    assert found.rows[By.CAUSE] == {}
    assert found.shortened == frozenset()


@pytest.mark.rule("H43")
def test_months_stand_in_order_whatever_they_count() -> None:
    counted = {
        (By.MONTH, "2026-11"): Counts(matters=1),
        (By.MONTH, "2026-09"): Counts(matters=2),
        (By.MONTH, "2026-10"): Counts(matters=9),
    }
    assert rows(counted, By.MONTH) == ["2026-09", "2026-10", "2026-11"]


@pytest.mark.parametrize(
    ("causes", "shown", "is_shortened"),
    [(LONGEST_TABLE, LONGEST_TABLE, False), (LONGEST_TABLE + 1, LONGEST_TABLE, True)],
)
def test_a_table_has_60_rows_at_most(causes: int, shown: int, is_shortened: bool) -> None:
    counted = {(By.CAUSE, f"{number:03}"): Counts(matters=1 + number) for number in range(causes)}
    # months are never cut: a period of ten years has 120
    counted |= {(By.MONTH, f"{2020 + n // 12}-{n % 12 + 1:02}"): Counts(matters=1) for n in range(61)}
    found = analysis_of(counted, start=START, end=END)
    assert list(found.rows[By.CAUSE]) == [f"{number:03}" for number in reversed(range(causes))][:shown]
    assert found.shortened == (frozenset({By.CAUSE}) if is_shortened else frozenset())
    assert len(found.rows[By.MONTH]) == 61


def test_nothing_counted_is_an_empty_analysis() -> None:
    found = analysis_of({}, start=START, end=END)
    assert found.total == Counts()
    assert not any(found.rows.values())


@pytest.mark.rule("H43")
def test_shares_divide_by_what_they_are_a_part_of() -> None:
    counts = Counts(matters=100, timed=8, late=2, opinions=5, not_satisfied=1, decided=4, adopted=3)
    assert (counts.late_share, counts.not_satisfied_share, counts.adopted_share) == (0.25, 0.2, 0.75)
    assert (Counts().late_share, Counts().not_satisfied_share, Counts().adopted_share) == (None, None, None)
