"""Who stands in for whom: pure rules, hand-set instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.absences import (
    Absence,
    AlreadyAway,
    BadSpan,
    CoverAway,
    NobodyStandsIn,
    Reason,
    Roster,
    away_at,
    check_absence,
    covered_for,
    rung_in_place,
    stand_in,
)
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.staff import Role, StaffMember, StaffPhone

DAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NAMES = {"101": "王敏", "102": "李静", "103": "张伟"}


def days(count: float) -> datetime:
    """An instant so many days after the first."""
    return DAY + timedelta(days=count)


def absence(extension: str, cover: str, begin: float, end: float | None) -> Absence:
    """Somebody away from day `begin` to day `end`."""
    return Absence(
        extension=extension,
        cover=cover,
        from_at=days(begin),
        until_at=None if end is None else days(end),
        reason=Reason.LEAVE,
        created_by=extension,
        created_at=DAY,
    )


def phone(extension: str, *, rung: bool = True, on_duty: bool = True) -> StaffPhone:
    return StaffPhone(extension=extension, name=extension, sip_ha1="", rung=rung, on_duty=on_duty)


def test_exactly_at_the_begin_one_is_away_and_exactly_at_the_end_back() -> None:
    one = absence("101", "102", 1, 2)
    tick = timedelta(microseconds=1)
    assert [one.holds(at) for at in (days(1) - tick, days(1), days(2) - tick, days(2))] == [
        False,
        True,
        True,
        False,
    ]
    assert absence("101", "102", 1, None).holds(days(4000))
    assert not replace(one, ended_at=days(1.5)).holds(days(1.5))


@pytest.mark.parametrize(
    ("new", "known", "error"),
    [
        (absence("101", "102", 3, 3), [], BadSpan),
        (replace(absence("101", "102", -3, -1), created_at=DAY), [], BadSpan),
        (absence("101", "101", 1, 2), [], NobodyStandsIn),
        (absence("101", "103", 1, 3), [absence("101", "102", 2, 4)], AlreadyAway),
        (absence("101", "103", 5, None), [absence("101", "102", 2, None)], AlreadyAway),
        (absence("101", "102", 1, 3), [absence("102", "103", 2, 4)], CoverAway),
        # Whom one stands in for cannot stand in for oneself.
        (absence("102", "101", 2, 3), [absence("101", "102", 1, 5)], CoverAway),
    ],
)
@pytest.mark.rule("S3")
def test_what_cannot_be_is_refused(new: Absence, known: list[Absence], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_absence(new, known, NAMES)


def test_the_refusal_names_who_is_missing_and_when() -> None:
    with pytest.raises(CoverAway, match=r"李静 \(102\) would stand in and is away: from 2026-11-25T01:00"):
        check_absence(absence("101", "102", 1, 3), [absence("102", "103", 2, 4)], NAMES)


def test_one_that_ends_when_the_other_begins_is_no_overlap() -> None:
    check_absence(absence("101", "102", 2, 3), [absence("101", "102", 1, 2), absence("101", "102", 3, 4)], {})
    called_off = replace(absence("101", "102", 2, 3), ended_at=days(0))
    check_absence(absence("101", "102", 1, 4), [called_off], {})


@pytest.mark.rule("S3")
def test_a_cover_who_goes_away_too_is_stood_in_for() -> None:
    away = away_at([absence("101", "102", 0, 9), absence("102", "103", 2, 3)], days(2))
    assert [stand_in(extension, away) for extension in ("101", "102", "103")] == ["103", "103", "103"]


def test_a_circle_ends() -> None:
    away = away_at([absence("101", "102", 0, 9), absence("102", "101", 0, 9)], days(1))
    assert stand_in("101", away) == "102"


PEOPLE = ("101", "102", "103", "104")


@given(
    st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(0, 20), st.integers(1, 10)),
        max_size=12,
    ),
    st.integers(0, 30),
)
def test_what_was_let_through_always_leads_to_somebody_who_is_there(
    asked: list[tuple[str, str, int, int]], at: int
) -> None:
    known: list[Absence] = []
    for extension, cover, begin, length in asked:
        try:
            known.append(check_absence(absence(extension, cover, begin, begin + length), known, NAMES))
        except (AlreadyAway, CoverAway, NobodyStandsIn):
            continue
    away = away_at(known, days(at))
    for person in PEOPLE:
        acting = stand_in(person, away)
        assert acting not in away
        assert (acting == person) == (person not in away)


@pytest.mark.rule("S3")
def test_the_line_rings_the_cover_in_place_of_who_is_away() -> None:
    phones = [phone("101"), phone("102", on_duty=False), phone("103"), phone("104", rung=False)]
    away = away_at([absence("101", "104", 0, 1), absence("103", "102", 0, 1)], DAY)
    seen = rung_in_place(phones, away)
    # 102 is rung anyway and went off duty: their own wish stays.
    assert [(p.extension, p.rung and p.on_duty) for p in seen] == [
        ("101", False),
        ("102", False),
        ("103", False),
        ("104", True),
    ]
    assert rung_in_place(phones, {}) == phones


def test_who_stands_in_for_somebody_whom_the_line_does_not_ring_is_not_rung_either() -> None:
    phones = [phone("104", rung=False), phone("105", rung=False)]
    assert rung_in_place(phones, away_at([absence("104", "105", 0, 1)], DAY))[1].rung is False


def log(*events: tuple[str, dict[str, Value]]) -> list[TicketEvent]:
    return [
        TicketEvent(ticket="1", seq=seq, at=DAY, actor="system", kind=kind, data=data)
        for seq, (kind, data) in enumerate(events, start=1)
    ]


A_TO_B: tuple[str, dict[str, Value]] = ("covered", {"for": "101", "handler": "102"})
B_TO_C: tuple[str, dict[str, Value]] = ("covered", {"for": "102", "handler": "103"})


@pytest.mark.parametrize(
    ("events", "held"),
    [
        ([], []),
        ([A_TO_B], ["101"]),
        ([A_TO_B, B_TO_C], ["101", "102"]),
        ([A_TO_B, B_TO_C, ("covered", {"for": "102", "handler": "102", "back": True})], ["101"]),
        ([A_TO_B, B_TO_C, ("covered", {"for": "101", "handler": "101", "back": True})], []),
        ([A_TO_B, ("handed", {"handler": "103"})], []),
        ([A_TO_B, ("noted", {})], ["101"]),
    ],
)
def test_for_whom_a_handler_stands_in(events: list[tuple[str, dict[str, Value]]], held: list[str]) -> None:
    assert covered_for(log(*events)) == held


def member(
    extension: str, role: Role = Role.STAFF, *, rung: bool = True, on_duty: bool = True
) -> StaffMember:
    return StaffMember(extension=extension, name=extension, role=role, rung=rung, on_duty=on_duty)


def test_the_roster_knows_who_acts() -> None:
    people = [member("101"), member("102"), member("103", on_duty=False)]
    people += [member("104", Role.MANAGER, rung=False)]
    roster = Roster(
        members={each.extension: each for each in people},
        posts={"101": "102", "103": "101"},
        away=away_at([absence("101", "102", 0, 1), absence("104", "103", 0, 1)], DAY),
    )
    assert roster.acting("101") == "102"
    assert roster.deputy("103") == "102"
    assert roster.deputy("102") is None
    assert roster.managers == ["103"]
    assert roster.on_duty == ["102", "102"]
