"""What a policy answers: which field fits which ticket, which clock there is, which version holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from callcenter.domain.calendar import DayKind
from callcenter.domain.own_days import OwnDayKind
from callcenter.domain.policy import (
    Clock,
    FormField,
    Needed,
    Policy,
    RuleBook,
    Rules,
    UnknownClock,
    UnknownPolicy,
)
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

BOOK = load_rule_book("huizhou-school", ChineseHolidays())
SCHOOL = BOOK.of("huizhou-school")


def field(key: str, channels: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> FormField:
    return FormField(key=key, names={}, rule="H33", needed=Needed.CLOSING, channels=channels, kinds=kinds)


@pytest.mark.parametrize(
    ("channels", "kinds", "fits"),
    [
        ((), (), True),
        (("phone",), (), True),
        (("wechat", "phone"), (), True),
        (("wechat",), (), False),
        ((), ("complaint",), True),
        ((), ("inquiry",), False),
        (("phone",), ("complaint",), True),
        (("phone",), ("inquiry",), False),
        (("wechat",), ("complaint",), False),
    ],
)
@pytest.mark.rule("H33")
def test_a_field_fits_by_channel_and_kind(
    channels: tuple[str, ...], kinds: tuple[str, ...], fits: bool
) -> None:
    asked = field("wished_solution", channels, kinds)
    assert asked.fits("phone", "complaint") is fits
    policy = replace(SCHOOL.policy, fields=(field("always"), asked))
    assert [each.key for each in policy.form_fields("phone", "complaint")] == (
        ["always", "wished_solution"] if fits else ["always"]
    )


@pytest.mark.parametrize(
    ("channel", "kind", "complexity", "fits"),
    [
        ("phone", None, None, True),
        ("any", None, None, True),
        ("wechat", None, None, False),
        ("phone", "complaint", None, True),
        ("phone", "inquiry", None, False),
        ("phone", None, "simple", True),
        ("phone", None, "complex", False),
        ("any", "complaint", "simple", True),
        ("any", "inquiry", "simple", False),
        ("any", "complaint", "complex", False),
    ],
)
def test_a_clock_fits_by_channel_kind_and_complexity(
    channel: str, kind: str | None, complexity: str | None, fits: bool
) -> None:
    clock: Clock = replace(SCHOOL.policy.clock("h19"), channel=channel, kind=kind, complexity=complexity)
    assert clock.fits("phone", "complaint", "simple") is fits


def test_what_is_not_there_is_named_with_what_is() -> None:
    few = replace(SCHOOL.policy, clocks={name: SCHOOL.policy.clock(name) for name in ("h10", "h11")})
    with pytest.raises(UnknownClock, match=r"^huizhou-school has no clock 'h99'; it has h10, h11$"):
        few.clock("h99")
    expected = "there is no policy 'nowhere'; there is huizhou-school, one-stop-station, training-centre"
    with pytest.raises(UnknownPolicy, match=f"^{expected}$"):
        BOOK.of("nowhere")


def test_a_kind_and_an_answer_by_their_keys() -> None:
    complaint, bad = SCHOOL.policy.kind("complaint"), SCHOOL.policy.answer("not_satisfied")
    assert complaint is not None
    assert bad is not None
    assert (complaint.key, bad.reopens) == ("complaint", True)
    assert SCHOOL.policy.kind("nothing") is None
    assert SCHOOL.policy.answer("nothing") is None


DAY = date(2026, 11, 23)
"""A Monday."""


def test_own_days_are_in_every_calendar_and_leave_the_other_book_alone() -> None:
    book = BOOK.with_days({DAY: OwnDayKind.CLOSURE})
    assert book.own_days == {DAY: OwnDayKind.CLOSURE}
    assert set(book.by_name) == set(BOOK.by_name)
    assert {name: rules.policy.name for name, rules in book.by_name.items()} == {
        name: name for name in BOOK.by_name
    }
    assert {rules.calendar.kind(DAY) for rules in book.by_name.values()} == {DayKind.CLOSURE}
    assert {rules.calendar.kind(DAY) for rules in BOOK.by_name.values()} == {DayKind.WORKDAY}
    assert book.default == BOOK.default


def test_a_version_that_is_read_later_has_the_own_days_too() -> None:
    book = BOOK.with_days({DAY: OwnDayKind.CLOSURE})
    old = book.parse(SCHOOL.policy.source)
    assert old.policy.digest == SCHOOL.policy.digest
    assert old.calendar.kind(DAY) is DayKind.CLOSURE


def test_versions_made_on_other_days_are_forgotten() -> None:
    book = replace(BOOK, versions={"abc": SCHOOL})
    assert book.with_days({DAY: OwnDayKind.CLOSURE}).versions == {}


def test_the_same_days_or_fixed_ones_change_nothing() -> None:
    book = BOOK.with_days({DAY: OwnDayKind.CLOSURE})
    assert book.with_days({DAY: OwnDayKind.CLOSURE}) is book
    assert book.with_days({}) is not book
    fixed = replace(BOOK, on_days=None)
    assert fixed.with_days({DAY: OwnDayKind.CLOSURE}) is fixed


def versions() -> tuple[RuleBook, Rules]:
    policy: Policy = replace(SCHOOL.policy, digest="older")
    older = replace(SCHOOL, policy=policy)
    return replace(BOOK, versions={"older": older}), older


def test_a_ticket_keeps_its_version() -> None:
    book, older = versions()
    assert book.version("huizhou-school", SCHOOL.policy.digest) is SCHOOL
    assert book.version("huizhou-school", "older") is older
    # tickets from before versions were kept: today's rules
    assert book.version("huizhou-school", "") is SCHOOL
    # not read yet
    assert book.version("huizhou-school", "oldest") is None
    # a policy that is no longer there: only what its text made
    assert book.version("gone", "older") is older
    assert book.version("gone", "") is None
