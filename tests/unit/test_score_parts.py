"""What a person's score keeps of its parts, and where somebody without a score stands."""

from __future__ import annotations

from fractions import Fraction

import pytest

from callcenter.domain.calls import Person
from callcenter.domain.scores import PersonScore, Rate, best_first, person_score

LI, WANG, ZHAO = (
    Person(extension="101", name="李静"),
    Person(extension="102", name="王强"),
    Person(extension="103", name="赵敏"),
)


@pytest.mark.rule("H61")
def test_rates_are_kept_and_only_what_is_weighed_is_left_out() -> None:
    rates = {"on_time": Rate(part=9, whole=10), "greeted": Rate(part=1, whole=2)}
    # opinions weigh a single point, checks nothing, greetings are not named
    found = person_score(LI, 12, rates, {"on_time": 99, "satisfied": 1, "checks": 0})
    assert found == PersonScore(
        person=LI,
        matters=12,
        rates={
            "on_time": Rate(part=9, whole=10),
            "satisfied": Rate(),
            "checks": Rate(),
            "greeted": Rate(part=1, whole=2),
        },
        score=Fraction(9, 10),
        left_out=("satisfied",),
    )
    unnamed = person_score(LI, 12, {"on_time": Rate(part=9, whole=10)}, {"on_time": 100})
    assert unnamed.left_out == ()


@pytest.mark.rule("H61")
def test_who_has_no_score_comes_behind_who_has_nothing() -> None:
    def score(person: Person, value: Fraction | None) -> PersonScore:
        return PersonScore(person=person, matters=1, rates={}, score=value)

    nothing, none_yet, other = score(ZHAO, Fraction(0)), score(LI, None), score(WANG, None)
    best = score(WANG, Fraction(1, 2))
    assert best_first([other, none_yet, nothing, best]) == (best, nothing, none_yet, other)
