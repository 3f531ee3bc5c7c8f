"""Scores per person and the yearly list (H61, T40): rates of counts, weighted as the policy says. Exact fractions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from callcenter.domain.answer_times import is_opinion, is_satisfied
from callcenter.domain.calls import Person
from callcenter.domain.policy import RuleBook

ON_TIME, SATISFIED, CHECKS, GREETED = PARTS = ("on_time", "satisfied", "checks", "greeted")
"""What a score is made of; the policy's weights have these names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`part` of `whole`, both counts; raises ValueError unless 0 ≤ part ≤ whole."""

    part: int = 0
    whole: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no part of a whole."""
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} is no part of {self.whole}")

    @property
    def share(self) -> Fraction | None:
        """0 to 1; None without data."""
        return Fraction(self.part, self.whole) if self.whole else None

    def __add__(self, other: Rate) -> Rate:
        """Both together."""
        return Rate(part=self.part + other.part, whole=self.whole + other.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonScore:
    """One person's period. `left_out`: weighted parts without data; the other weights were scaled up to 1."""

    person: Person
    matters: int
    rates: Mapping[str, Rate]
    score: Fraction | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place on the yearly list; `rank` None: too few matters or no data. Equal scores share a rank."""

    score: PersonScore
    rank: int | None
    is_tied: bool = False
    is_commended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """Everybody's scores from `start` until before `end`, best first; who has none comes last."""

    start: datetime
    end: datetime
    weights: Mapping[str, int]
    people: tuple[PersonScore, ...]


def score_of(rates: Mapping[str, Rate], weights: Mapping[str, int]) -> Fraction | None:
    """The weighted mean of the rates that have data, 0 to 1; None if no weighted rate has any."""
    counted = [(share, weights[part]) for part, share in _shares(rates) if weights.get(part, 0) > 0]
    total = sum(weight for _, weight in counted)
    return sum((share * weight for share, weight in counted), Fraction(0)) / total if total else None


def person_score(
    person: Person, matters: int, rates: Mapping[str, Rate], weights: Mapping[str, int]
) -> PersonScore:
    """The score of one person with what was left out of it."""
    there = {part for part, _ in _shares(rates)}
    return PersonScore(
        person=person,
        matters=matters,
        rates={part: rates.get(part, Rate()) for part in PARTS},
        score=score_of(rates, weights),
        left_out=tuple(part for part in PARTS if weights.get(part, 0) > 0 and part not in there),
    )


def _shares(rates: Mapping[str, Rate]) -> list[tuple[str, Fraction]]:
    shares = ((part, rates[part].share) for part in PARTS if part in rates)
    return [(part, share) for part, share in shares if share is not None]


def best_first(scores: Iterable[PersonScore]) -> tuple[PersonScore, ...]:
    """By score, then by extension; who has no score comes last."""
    return tuple(
        sorted(scores, key=lambda each: (each.score is None, -(each.score or 0), each.person.extension))
    )


def places(scores: Iterable[PersonScore], *, least_matters: int, commended: int) -> tuple[Place, ...]:
    """The yearly list: ranked by score among those with `least_matters` or more, the others behind them.

    Equal scores share a rank and the next ones are left out (1, 1, 3). Everybody whose rank is at most `commended`
    is commended, so a tie on the last place adds people rather than leaving one out.
    """
    ordered = best_first(scores)
    ranked = [each for each in ordered if each.score is not None and each.matters >= least_matters]
    values = [each.score for each in ranked]
    found = [
        Place(
            score=each,
            rank=values.index(each.score) + 1,
            is_tied=values.count(each.score) > 1,
            is_commended=values.index(each.score) < commended,
        )
        for each in ranked
    ]
    return (*found, *(Place(score=each, rank=None) for each in ordered if each not in ranked))


def satisfaction(answers: Mapping[tuple[str, str], int], book: RuleBook) -> Rate:
    """Of the opinions, by policy and answer, those that leave the matter at rest."""
    given = {key: count for key, count in answers.items() if is_opinion(book, *key)}
    return Rate(
        part=sum(count for key, count in given.items() if is_satisfied(book, *key)), whole=sum(given.values())
    )


def opinion_keys(book: RuleBook) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]:
    """Policy and answer of every opinion, and of those that are not satisfied."""
    opinions = [
        (rules.policy.name, answer.key)
        for rules in book.by_name.values()
        for answer in rules.policy.satisfaction
        if is_opinion(book, rules.policy.name, answer.key)
    ]
    return opinions, [key for key in opinions if not is_satisfied(book, *key)]
