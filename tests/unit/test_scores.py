"""Scores, the yearly list, draws and sheets: worked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from callcenter.domain.answer_times import is_opinion, is_satisfied
from callcenter.domain.calls import Person
from callcenter.domain.policy import RuleBook, Score
from callcenter.domain.scores import (
    PersonScore,
    Rate,
    opinion_keys,
    person_score,
    places,
    satisfaction,
    score_of,
)
from callcenter.domain.spot_checks import BadScores, Pool, draw_lots, rank, read_scores
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

WEIGHTS = {"on_time": 40, "satisfied": 30, "checks": 20, "greeted": 10}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rule_book("huizhou-school", ChineseHolidays())


@pytest.mark.rule("H61", "T40")
def test_a_score_weighs_its_parts() -> None:
    rates = {
        "on_time": Rate(part=9, whole=10),
        "satisfied": Rate(part=1, whole=2),
        "checks": Rate(part=80, whole=100),
        "greeted": Rate(part=3, whole=4),
    }
    # 0.9 x 0.4 + 0.5 x 0.3 + 0.8 x 0.2 + 0.75 x 0.1 = 0.36 + 0.15 + 0.16 + 0.075
    assert score_of(rates, WEIGHTS) == Fraction(745, 1000)


@pytest.mark.rule("H61")
def test_a_part_without_data_is_left_out_and_the_others_are_scaled_up() -> None:
    rates = {"on_time": Rate(part=9, whole=10), "satisfied": Rate(part=1, whole=2), "checks": Rate()}
    found = person_score(Person(extension="101", name="王敏"), 12, rates, WEIGHTS)
    # (0.9 x 40 + 0.5 x 30) / 70
    assert found.score == Fraction(51, 70)
    assert found.left_out == ("checks", "greeted")
    assert found.rates["greeted"] == Rate()


def test_a_part_that_the_policy_does_not_weigh_counts_for_nothing() -> None:
    rates = {"on_time": Rate(part=1, whole=2), "greeted": Rate(part=0, whole=9)}
    assert score_of(rates, {"on_time": 100}) == Fraction(1, 2)
    assert score_of(rates, {}) is None
    assert score_of({}, WEIGHTS) is None


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 1), (1, 0)])
def test_what_is_no_part_of_a_whole_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no part of"):
        Rate(part=part, whole=whole)


def scored(extension: str, percent: int | None, matters: int = 30) -> PersonScore:
    """Somebody with a score in hundredths."""
    rates = {"on_time": Rate(part=percent, whole=100)} if percent is not None else {}
    return person_score(Person(extension=extension, name=extension), matters, rates, {"on_time": 100})


@pytest.mark.rule("H61")
def test_ties_share_a_rank_and_the_last_place_takes_all_of_them() -> None:
    people = [scored("104", 80), scored("103", 90), scored("102", 90), scored("101", 95), scored("105", 70)]
    found = places(people, least_matters=20, commended=2)
    assert [(p.score.person.extension, p.rank, p.is_tied, p.is_commended) for p in found] == [
        ("101", 1, False, True),
        ("102", 2, True, True),
        ("103", 2, True, True),
        ("104", 4, False, False),
        ("105", 5, False, False),
    ]


@pytest.mark.rule("H61")
def test_too_few_matters_or_no_data_give_no_rank() -> None:
    found = places(
        [scored("101", 100, matters=19), scored("102", 60, matters=20), scored("103", None)],
        least_matters=20,
        commended=1,
    )
    assert [(p.score.person.extension, p.rank, p.is_commended) for p in found] == [
        ("102", 1, True),
        ("101", None, False),
        ("103", None, False),
    ]


@pytest.mark.rule("H61", "T40")
def test_no_opinion_given_is_no_opinion(book: RuleBook) -> None:
    answers = {
        ("huizhou-school", "satisfied"): 5,
        ("huizhou-school", "fairly"): 2,
        ("huizhou-school", "not_satisfied"): 1,
        ("huizhou-school", "not_given"): 40,
        ("huizhou-school", "an older key"): 3,
        ("gone", "satisfied"): 3,
    }
    assert satisfaction(answers, book) == Rate(part=7, whole=8)


def test_the_opinions_of_all_policies_and_those_that_open_a_matter_again(book: RuleBook) -> None:
    opinions, unhappy = opinion_keys(book)
    assert ("training-centre", "fairly") in opinions
    assert ("training-centre", "not_given") not in opinions
    assert set(unhappy) == {(name, "not_satisfied") for name in book.by_name}
    assert all(is_opinion(book, *key) and is_satisfied(book, *key) for key in set(opinions) - set(unhappy))


@pytest.mark.rule("H60")
def test_everybody_has_the_same_share_of_a_draw() -> None:
    pools = {
        "101": Pool(tickets=tuple(f"a{n}" for n in range(50))),
        "102": Pool(tickets=tuple(f"b{n}" for n in range(5))),
        "103": Pool(tickets=("c0",)),
    }
    found = draw_lots(pools, 9, "seed")
    assert [sum(number[0] == letter for number in found) for letter in "abc"] == [4, 4, 1]
    assert len(set(found)) == 9


@pytest.mark.rule("H60")
def test_who_was_drawn_before_waits_until_the_others_have_been() -> None:
    pools = {"101": Pool(tickets=("a1", "a2"), before=2), "102": Pool(tickets=("b1", "b2", "b3"))}
    assert [number[0] for number in draw_lots(pools, 2, "seed")] == ["b", "b"]
    assert {number[0] for number in draw_lots(pools, 4, "seed")} == {"a", "b"}


@pytest.mark.rule("H60")
def test_the_lots_are_known_to_whoever_knows_the_seed() -> None:
    # printf %s seed:261120-1-001 | sha256sum
    assert rank("seed", "261120-1-001") == "115ea20fe009d7bf25bf17fec9f58f74b00c9b487857931e5f025100e5c103e7"
    pools = {"101": Pool(tickets=("1", "2", "3", "4"))}
    by_lot = sorted(pools["101"].tickets, key=lambda number: rank("0a1b", number))
    assert draw_lots(pools, 4, "0a1b") == tuple(by_lot)
    assert len({draw_lots(pools, 4, f"{seed:x}") for seed in range(40)}) > 5


def test_a_draw_ends_when_nothing_is_left() -> None:
    assert draw_lots({}, 3, "s") == ()
    assert draw_lots({"101": Pool(tickets=("1",))}, 3, "s") == ("1",)
    assert draw_lots({"101": Pool(tickets=("1",))}, 0, "s") == ()


SHEET = (
    Score(key="records", names={"en": "Records"}, rule="T40", points=25),
    Score(key="handling", names={"en": "Handling"}, rule="T40", points=75),
)


@pytest.mark.rule("T40")
def test_a_sheet_takes_whole_points_up_to_each_lines_own() -> None:
    assert read_scores(SHEET, {"records": "0", "handling": 75}) == {"records": 0, "handling": 75}
    assert read_scores(SHEET, {"records": " 25 ", "handling": 0}) == {"records": 25, "handling": 0}


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"records": "26", "handling": "0"}, {"records"}),
        ({"records": "-1", "handling": "76"}, {"records", "handling"}),
        ({"records": "12.5", "handling": ""}, {"records", "handling"}),
        ({"records": "٣", "handling": "1e1"}, {"records", "handling"}),
        ({"records": 1}, {"handling"}),
        ({"records": True, "handling": 1}, {"records"}),
        ({"records": 1, "handling": 1, "manners": 5}, {"manners"}),
        ({"records": "9" * 40, "handling": 1}, {"records"}),
    ],
)
def test_a_bad_score_is_refused_by_the_name_of_its_line(given: dict[str, str | int], lines: set[str]) -> None:
    with pytest.raises(BadScores) as refused:
        read_scores(SHEET, given)
    assert set(refused.value.faults) == lines
    for line in lines:
        assert line in str(refused.value)
