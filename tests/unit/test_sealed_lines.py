"""What is hashed, letter by letter: whoever verifies a log or an anchor without this program relies on it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from callcenter.domain.anchors import Anchor, Digest, Head, is_sealed, moved_heads, read_anchor, seal
from callcenter.domain.chain import GENESIS, TicketEvent, event_hash

NOW = datetime(2026, 11, 20, 2, 0, 0, 7, tzinfo=UTC)
EVENT = TicketEvent(
    ticket="261120-1-001",
    seq=7,
    at=NOW,
    actor="101",
    kind="noted",
    data={"text": "第1条 — “ok”", "a": None, "b": True, "n": {"y": 1, "x": "2"}},
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("prev_hash", [GENESIS, "ab" * 32])
def test_an_event_is_hashed_as_one_line_of_sorted_json_behind_the_hash_before_it(prev_hash: str) -> None:
    line = (
        '{"actor":"101","at":"2026-11-20T02:00:00.000007+00:00",'
        '"data":{"a":null,"b":true,"n":{"x":"2","y":1},"text":"第1条 — “ok”"},'
        '"kind":"noted","seq":7,"ticket":"261120-1-001"}'
    )
    assert event_hash(EVENT, prev_hash) == sha256(f"{prev_hash}\n{line}")


def test_genesis_is_64_zeros() -> None:
    assert GENESIS == "0000000000000000000000000000000000000000000000000000000000000000"


ANCHOR = Anchor(
    at=datetime(2026, 11, 23, 0, 0, 30, tzinfo=timezone(timedelta(hours=8))),
    after_event_id=3,
    last_event_id=9,
    tickets=2,
    events=8,
    heads="aa",
    stretch="bb",
    moved={"票-002": (5, "cc"), "261120-1-001": (1, "dd")},
    prev=GENESIS,
)


def body(moved: str) -> str:
    return (
        '"after_event_id":3,"at":"2026-11-22T16:00:30.000000+00:00","events":8,{hash}"heads":"aa",'
        f'"last_event_id":9,"moved":{moved},"prev":"{GENESIS}","stretch":"bb","tickets":2'
    )


@pytest.mark.parametrize(
    ("anchor", "moved"),
    [
        (ANCHOR, '{"261120-1-001":[1,"dd"],"票-002":[5,"cc"]}'),
        (replace(ANCHOR, moved={}), "{}"),
        (replace(ANCHOR, moved=None), "null"),
    ],
)
def test_an_anchor_is_one_line_of_sorted_json_with_its_hash(anchor: Anchor, moved: str) -> None:
    text = body(moved)
    digest = sha256("{" + text.replace("{hash}", "") + "}")
    line = seal(anchor)
    assert line == "{" + text.replace("{hash}", f'"hash":"{digest}",') + "}"
    read = read_anchor(line)
    assert replace(read, hash="") == anchor
    assert is_sealed(read)


def test_a_digest_is_taken_over_lines_with_tabs_between_the_fields() -> None:
    heads, events = Digest(), Digest()
    assert (heads.taken, heads.hex()) == (0, sha256(""))
    heads.head(Head(ticket="261120-1-001", seq=5, hash="cc"))
    assert (heads.taken, heads.hex()) == (1, sha256("261120-1-001\t5\tcc\n"))
    heads.head(Head(ticket="261120-1-002", seq=1, hash="dd"))
    assert (heads.taken, heads.hex()) == (2, sha256("261120-1-001\t5\tcc\n261120-1-002\t1\tdd\n"))
    events.event(12, "261120-1-001", 5, "cc")
    assert (events.taken, events.hex()) == (1, sha256("12\t261120-1-001\t5\tcc\n"))


def test_the_heads_that_moved_are_named() -> None:
    heads = [Head(ticket="b", seq=5, hash="cc"), Head(ticket="a", seq=1, hash="dd")]
    assert moved_heads(heads) == {"b": (5, "cc"), "a": (1, "dd")}
    assert moved_heads([]) == {}
