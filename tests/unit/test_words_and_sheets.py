"""Words to search by, lines of a scoring sheet, lots, and steps of matters that the policy does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Score
from callcenter.domain.search import search_query, search_vector
from callcenter.domain.spot_checks import BadScores, Pool, draw_lots, rank, read_scores
from callcenter.domain.steps import awaited, offered
from callcenter.domain.text import clean
from callcenter.domain.tickets import Status, Ticket
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

SHEET = (
    Score(key="polite", names={}, rule="T40", points=20),
    Score(key="prompt", names={}, rule="T40", points=100_000),
)


@pytest.mark.rule("T40")
@pytest.mark.parametrize(
    ("polite", "points"), [("0", 0), ("20", 20), (" 7 ", 7), (7, 7), (0, 0), (20, 20), ("000020", 20)]
)
def test_points_that_fit_the_line(polite: str | int, points: int) -> None:
    assert read_scores(SHEET, {"polite": polite, "prompt": "100000"}) == {
        "polite": points,
        "prompt": 100_000,
    }


@pytest.mark.rule("T40")
@pytest.mark.parametrize("polite", ["", "21", "-1", "1.5", "٢", "０", "0000020", "ten", 21, -1, True, False])
def test_points_that_do_not(polite: str | int) -> None:
    with pytest.raises(BadScores) as caught:
        read_scores(SHEET, {"polite": polite, "prompt": 1})
    assert caught.value.faults == {"polite": "write a whole number from 0 to 20"}


@pytest.mark.rule("T40")
def test_every_fault_of_a_sheet_is_named() -> None:
    with pytest.raises(BadScores) as caught:
        read_scores(SHEET, {"polite": 5, "nonsense": 1})
    assert str(caught.value) == (
        "prompt: write a whole number from 0 to 100000; nonsense: the sheet has no such line"
    )


def test_who_is_drawn_first_of_two_with_as_many_is_a_lot_of_the_seed() -> None:
    pools = {"101": Pool(tickets=("a",)), "102": Pool(tickets=("b",))}
    firsts = {seed: draw_lots(pools, 1, seed) for seed in "0123456789abcdef"}
    assert set(firsts.values()) == {("a",), ("b",)}, "no seed favours anybody"
    for seed, drawn in firsts.items():
        winner = min(pools, key=lambda owner: rank(seed, owner))
        assert drawn == pools[winner].tickets


def test_a_lot_can_be_worked_out_by_anybody() -> None:
    # printf 5eed:261120-1-001 | sha256sum
    assert rank("5eed", "261120-1-001") == "ceb2d84f3c6c36b457be78c5f4c41ee84f49c6b2f8c1d6de71df9fd04f81bae9"


def test_a_text_has_places_up_to_the_last_that_the_database_keeps() -> None:
    words = search_vector([" ".join(f"w{number}" for number in range(9000))])
    # a word and the gap behind it: two places each, from 1 on; the 8192nd word has place 16383
    assert "'w8191':16383" in words
    assert "'w8192'" not in words


def test_a_word_has_255_places_at_most() -> None:
    (token, _, at) = search_vector(["a " * 300]).partition(":")
    assert (token, at.split(",")[0], at.split(",")[-1], len(at.split(","))) == ("'a'", "1", "509", 255)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("", None),
        ("、。", None),
        ("水", "'水':*"),
        ("漏水", "'漏水':*"),
        ("宿舍漏水", "('宿舍' <-> '舍漏' <-> '漏水')"),
        ("Ab 水", "'ab':* & '水':*"),
        # a number is one word; its parts stand beside it in the text alone
        ("261120-1-001", "'261120-1-001':*"),
        ("a'b", "'a':* & 'b':*"),
    ],
)
def test_what_is_asked_for(asked: str, query: str | None) -> None:
    assert search_query(asked) == query


@pytest.mark.parametrize(
    ("text", "kept"), [("a\r\nb", "a\nb"), ("a\tb", "a\tb"), ("a\u0085b\u007f", "ab"), ("XaX", "XaX")]
)
def test_line_ends_and_tabs_stay(text: str, kept: str) -> None:
    assert clean(text, 9) == kept


BOOK = load_rule_book("huizhou-school", ChineseHolidays())
TICKET = Ticket(
    number="261116-0-001",
    kind="inquiry",
    complexity="complex",
    status=Status.OPEN,
    policy="huizhou-school",
    created_at=datetime(2026, 11, 16, tzinfo=UTC),
)


def names(ticket: Ticket, policy: str = "huizhou-school") -> set[str]:
    """The steps that the ticket offers."""
    return {step.event.value for step in offered(ticket, BOOK.of(policy).policy)}


def test_a_kind_that_the_policy_no_longer_has_offers_what_every_ticket_does() -> None:
    assert "progress_told" in names(replace(TICKET, kind="gone"))
    assert "complaint_referred" not in names(replace(TICKET, kind="gone"))


@pytest.mark.rule("H20")
def test_a_clock_offers_its_steps_on_tickets_that_it_runs_on() -> None:
    policy = BOOK.current.policy
    h20 = policy.clock("h20")
    bare = replace(policy, kinds=(), clocks={"h20": h20, "h19": replace(h20, kind=None, complexity="simple")})
    of_kind = replace(bare, clocks={"h20": h20})
    of_complexity = replace(bare, clocks={"h19": bare.clocks["h19"]})

    def has(ticket: Ticket, clocks: str) -> bool:
        chosen = of_kind if clocks == "kind" else of_complexity
        return "file_sent" in {step.event.value for step in offered(ticket, chosen)}

    assert has(replace(TICKET, kind="complaint"), "kind")
    assert not has(TICKET, "kind")
    assert has(replace(TICKET, complexity="simple"), "complexity")
    assert not has(TICKET, "complexity")


def test_what_is_no_step_does_not_hide_what_was_asked_before_or_after() -> None:
    def after(*kinds: str) -> str | None:
        return awaited(
            TicketEvent(ticket="n", seq=seq, at=TICKET.created_at, actor="101", kind=kind, data={})
            for seq, kind in enumerate(kinds, start=1)
        )

    assert after("opened", "extension_requested", "noted") == "extension"
    assert after("opened", "extension_requested", "noted", "extension_granted") is None
