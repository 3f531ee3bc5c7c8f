"""What a ticket is found by: pairs of Chinese characters, other words by their beginning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.search import search_query, search_vector


@pytest.mark.parametrize(
    ("texts", "vector"),
    [
        ((), ""),
        ((None, "", "，。!"), ""),
        (("热水",), "'热水':1 '水':2"),
        (("热水热水",), "'热水':1,3 '水热':2 '水':4"),
        (("3号楼Hot water",), "'3':1 '号楼':3 '楼':4 'hot':6 'water':8"),
        (("261120-1-001",), "'261120-1-001':1 '261120':2 '1':3 '001':4"),
        (("ＡＢＣ", "abc"), "'abc':1,3"),
        (("o'neil \\ 'x'",), "'o':1 'neil':3 'x':5"),
    ],
)
def test_a_vector(texts: tuple[str | None, ...], vector: str) -> None:
    assert search_vector(texts) == vector


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("", None),
        ("，' & | !", None),
        ("热", "'热':*"),
        ("热水", "'热水':*"),
        ("热水器", "('热水' <-> '水器')"),
        ("热水 空调", "'热水':* & '空调':*"),
        ("Wat", "'wat':*"),
        ("261120-1", "'261120-1':*"),
        ("3号楼", "'3':* & '号楼':*"),
    ],
)
def test_a_query(asked: str, query: str | None) -> None:
    assert search_query(asked) == query


def test_a_long_text_keeps_within_the_positions_that_there_are() -> None:
    vector = search_vector(("水" * 20_000, "尾巴"))
    assert (
        max(int(place) for place in vector.replace(" ", ",").replace(":", ",").split(",") if place.isdigit())
        <= 16383
    )
    assert vector.count(",") == 254


@pytest.mark.parametrize("word", ["あ" * 94, "x" * 94, ""])
def test_many_words_keep_within_the_room_that_there_is(word: str) -> None:
    """Whoever writes in from outside must not be able to make a ticket that cannot be stored any more."""
    vector = search_vector(
        " ".join(f"{word}{number:06}" for number in range(10_000 * piece, 10_000 * piece + 10_000))
        for piece in range(3)
    )
    written = [each.rpartition(":") for each in vector.split(" ")]
    size = sum(len(token.strip("'").encode()) + 2 + 2 * len(at.split(",")) for token, _, at in written)
    assert size < 1_000_000
    # 294 bytes and 6 of position and count each, 106 of them; or as many as have places, with a gap behind each
    assert len(written) == {"あ" * 94: 1_000_000 // 294, "x" * 94: 8192, "": 8192}[word]


def test_a_word_that_comes_again_takes_room_for_its_place_alone() -> None:
    often = " ".join(["あ" * 94] * 8000)  # a gap behind each: 16,000 of the 16,383 places
    assert "'末尾'" in search_vector((often, "末尾"))


def test_a_long_word_is_cut() -> None:
    assert search_vector(("a" * 3000,)) == f"'{'a' * 100}':1"


@given(st.text(max_size=60))
def test_nothing_that_is_typed_leaves_the_quotes(text: str) -> None:
    for written in (search_vector((text,)), search_query(text) or ""):
        assert written.count("'") % 2 == 0
        inside = "".join(written.split("'")[1::2])
        assert not set(inside) & set("\\&|!<>():*")
