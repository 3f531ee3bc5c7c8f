"""Absences at their edges: called off at the begin, circles, names in refusals, what comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.absences import (
    Absence,
    AlreadyAway,
    BadSpan,
    CoverAway,
    Reason,
    away_at,
    check_absence,
    covered_for,
    stand_in,
)
from callcenter.domain.chain import TicketEvent, Value

DAY = datetime(2026, 11, 23, 1, tzinfo=UTC)


def away(extension: str, cover: str, begin: float, end: float | None) -> Absence:
    """Somebody away from day `begin` to day `end`."""
    return Absence(
        extension=extension,
        cover=cover,
        from_at=DAY + timedelta(days=begin),
        until_at=None if end is None else DAY + timedelta(days=end),
        reason=Reason.MEETING,
        created_by=extension,
        created_at=DAY,
    )


def test_one_called_off_exactly_when_it_would_begin_stands_in_nobodys_way() -> None:
    called_off = replace(away("101", "102", 2, 3), ended_at=DAY + timedelta(days=2))
    new = away("101", "102", 1, 4)
    assert check_absence(new, [called_off], {}) is new
    later = replace(called_off, ended_at=DAY + timedelta(days=2, microseconds=1))
    with pytest.raises(AlreadyAway):
        check_absence(new, [later], {})


def test_an_absence_lasts_ten_years_at_most() -> None:
    longest = away("101", "102", 0, 3653)
    assert check_absence(longest, [], {}) is longest
    assert longest.until_at is not None
    with pytest.raises(BadSpan):
        check_absence(replace(longest, until_at=longest.until_at + timedelta(microseconds=1)), [], {})


@pytest.mark.parametrize(("end", "refused"), [(0, True), (0.001, False)])
def test_what_ends_exactly_now_is_past(end: float, refused: bool) -> None:
    new = away("101", "102", -1, end)
    if refused:
        with pytest.raises(BadSpan):
            check_absence(new, [], {})
    else:
        assert check_absence(new, [], {}) is new


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (
            away("101", "102", 2, 4),
            "101 (101) is away already: from 2026-11-25T01:00+00:00 until 2026-11-27T01",
        ),
        (
            away("101", "102", 2, None),
            "101 (101) is away already: from 2026-11-25T01:00+00:00 for an open time",
        ),
    ],
)
def test_a_refusal_says_when_and_who_without_a_name_is_called_by_extension(known: Absence, said: str) -> None:
    elsewhere = away("101", "102", 8, 9)
    with pytest.raises(AlreadyAway, match=rf"^{re.escape(said)}") as caught:
        check_absence(away("101", "103", 1, 3), [elsewhere, known], {"102": "李静"})
    assert caught.value.other is known


@pytest.mark.rule("S3")
def test_who_would_stand_in_and_is_away_is_named_with_the_absence() -> None:
    gone = away("102", "103", 2, 4)
    with pytest.raises(CoverAway) as caught:
        check_absence(away("101", "102", 1, 3), [gone], {"102": "李静"})
    assert caught.value.other is gone
    assert str(caught.value) == (
        "李静 (102) would stand in and is away: from 2026-11-25T01:00+00:00 until 2026-11-27T01:00+00:00; "
        "name another colleague"
    )


def test_a_circle_that_begins_further_on_ends_too() -> None:
    found = away_at([away("101", "102", 0, 9), away("102", "103", 0, 9), away("103", "102", 0, 9)], DAY)
    assert stand_in("101", found) == "103"


def covers(*rows: tuple[str, dict[str, Value]]) -> list[str]:
    """For whom the handler stands in after these events."""
    return covered_for(
        TicketEvent(ticket="n", seq=seq, at=DAY, actor="system", kind=kind, data=data)
        for seq, (kind, data) in enumerate(rows, start=1)
    )


@pytest.mark.rule("S3")
@pytest.mark.parametrize(
    ("rows", "held"),
    [
        ([], []),
        ([("covered", {"for": "101"})], ["101"]),
        ([("covered", {"for": "101"}), ("covered", {"for": "102"})], ["101", "102"]),
        ([("covered", {"for": "101"}), ("covered", {"for": "101"})], ["101"]),
        # the first away comes back: whoever stood in for the cover holds it no longer either
        (
            [
                ("covered", {"for": "101"}),
                ("covered", {"for": "102"}),
                ("covered", {"for": "101", "back": True}),
            ],
            [],
        ),
        (
            [
                ("covered", {"for": "101"}),
                ("covered", {"for": "102"}),
                ("covered", {"for": "102", "back": True}),
            ],
            ["101"],
        ),
        # somebody comes back for whom nobody holds it
        ([("covered", {"for": "101"}), ("covered", {"for": "103", "back": True})], ["101"]),
        ([("covered", {"for": "101"}), ("handed", {})], []),
        ([("covered", {"for": "101"}), ("taken", {})], []),
        ([("covered", {"for": "101"}), ("noted", {})], ["101"]),
    ],
)
def test_for_whom_a_matter_is_held(rows: list[tuple[str, dict[str, Value]]], held: list[str]) -> None:
    assert covers(*rows) == held
