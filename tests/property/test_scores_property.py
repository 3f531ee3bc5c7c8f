"""What holds for every score, list and draw: shares lie in 0..1, and no order of anything changes a thing."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.calls import Person
from callcenter.domain.scores import PARTS, PersonScore, Rate, person_score, places, score_of
from callcenter.domain.spot_checks import Pool, draw_lots

rates = st.integers(0, 500).flatmap(
    lambda whole: st.builds(Rate, part=st.integers(0, whole), whole=st.just(whole))
)
parts = st.dictionaries(st.sampled_from(PARTS), rates)
weights = st.dictionaries(st.sampled_from(PARTS), st.integers(0, 100))
people = st.lists(
    st.builds(
        person_score,
        st.builds(Person, extension=st.integers(100, 999).map(str), name=st.just("x")),
        st.integers(0, 40),
        parts,
        st.just({"on_time": 40, "satisfied": 30, "checks": 20, "greeted": 10}),
    ),
    unique_by=lambda score: score.person.extension,
    max_size=12,
)
pools = st.dictionaries(
    st.integers(100, 110).map(str), st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=6
).map(
    lambda found: {
        owner: Pool(tickets=tuple(f"{owner}-{n}" for n in range(count)), before=before)
        for owner, (count, before) in found.items()
    }
)


@given(parts, weights)
def test_a_score_lies_between_its_lowest_and_highest_part(
    found: dict[str, Rate], weighed: dict[str, int]
) -> None:
    score = score_of(found, weighed)
    shares = [
        share
        for part, rate in found.items()
        if weighed.get(part, 0) > 0 and (share := rate.share) is not None
    ]
    assert (score is None) == (not shares)
    if score is not None:
        assert 0 <= min(shares) <= score <= max(shares) <= 1


@given(parts, weights, st.integers(2, 9))
def test_only_the_proportion_of_weights_counts(
    found: dict[str, Rate], weighed: dict[str, int], factor: int
) -> None:
    assert score_of(found, weighed) == score_of(
        found, {part: weight * factor for part, weight in weighed.items()}
    )


@given(parts, weights)
def test_a_part_without_data_is_as_if_it_were_not_there(
    found: dict[str, Rate], weighed: dict[str, int]
) -> None:
    emptied = found | {part: Rate() for part in PARTS if part not in found}
    assert score_of(emptied, weighed) == score_of(found, weighed)


@given(parts, weights, st.sampled_from(PARTS))
def test_doing_better_never_lowers_a_score(
    found: dict[str, Rate], weighed: dict[str, int], part: str
) -> None:
    rate = found.get(part, Rate())
    better = found | {part: Rate(part=rate.whole, whole=rate.whole)}
    before, after = score_of(found, weighed), score_of(better, weighed)
    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before


@given(rates, rates)
def test_two_rates_together_lie_between_them(one: Rate, other: Rate) -> None:
    both = (one + other).share
    there = [share for share in (one.share, other.share) if share is not None]
    assert both is None if not there else both is not None and min(there) <= both <= max(there)


@given(people, st.integers(0, 30), st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_list_does_not_depend_on_the_order_of_people(
    scores: list[PersonScore], least: int, commended: int, shuffler: random.Random
) -> None:
    found = places(scores, least_matters=least, commended=commended)
    shuffled = list(scores)
    shuffler.shuffle(shuffled)
    assert places(shuffled, least_matters=least, commended=commended) == found
    assert {place.score.person for place in found} == {score.person for score in scores}


@given(people, st.integers(0, 30), st.integers(0, 5))
def test_a_better_score_is_never_ranked_behind(scores: list[PersonScore], least: int, commended: int) -> None:
    ranked = [p for p in places(scores, least_matters=least, commended=commended) if p.rank is not None]
    for one in ranked:
        for other in ranked:
            assert one.rank is not None
            assert other.rank is not None
            mine, theirs = one.score.score or Fraction(0), other.score.score or Fraction(0)
            assert (mine > theirs) == (one.rank < other.rank)
            assert one.is_commended == (one.rank <= commended)
            assert one.score.matters >= least


@given(pools, st.integers(0, 40), st.text("0123456789abcdef", min_size=8, max_size=32))
def test_a_draw_is_fair_reproducible_and_never_draws_twice(
    found: dict[str, Pool], count: int, seed: str
) -> None:
    drawn = draw_lots(found, count, seed)
    assert draw_lots(dict(reversed(found.items())), count, seed) == drawn
    turned = {owner: Pool(tickets=pool.tickets[::-1], before=pool.before) for owner, pool in found.items()}
    assert draw_lots(turned, count, seed) == drawn
    assert len(set(drawn)) == len(drawn) == min(count, sum(len(pool.tickets) for pool in found.values()))
    had = {
        owner: pool.before + sum(number.startswith(owner) for number in drawn)
        for owner, pool in found.items()
    }
    for owner, pool in found.items():
        is_left = had[owner] - pool.before < len(pool.tickets)
        others = [had[other] for other in found if had[other] > found[other].before]
        assert not is_left or all(other <= had[owner] + 1 for other in others)
