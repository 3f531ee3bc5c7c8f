"""Anchors: a line each, sealed; a file that is only added to; due once a day of the centre."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.domain.anchors import (
    NAMED_AT_MOST,
    Anchor,
    Digest,
    Head,
    NotAnAnchor,
    is_sealed,
    moved_heads,
    prev_hash,
    read_anchor,
    seal,
)
from callcenter.domain.chain import GENESIS
from callcenter.runtime import anchors
from callcenter.settings import Settings

ANCHOR = Anchor(
    at=datetime(2026, 11, 22, 16, 0, 30, tzinfo=UTC),
    after_event_id=3,
    last_event_id=9,
    tickets=2,
    events=8,
    heads="a" * 64,
    stretch="b" * 64,
    moved={"261120-1-001": (5, "c" * 64)},
    prev=GENESIS,
)


def test_a_line_says_what_was_sealed() -> None:
    line = seal(ANCHOR)
    read = read_anchor(line)
    assert is_sealed(read)
    assert replace(read, hash="") == ANCHOR
    assert "\n" not in line
    assert prev_hash([line]) == read.hash
    assert prev_hash(["nonsense", line, "{}"]) == read.hash
    assert prev_hash([]) == GENESIS


@pytest.mark.parametrize(
    ("old", "new"), [('"events":8', '"events":7'), ("16:00:30", "16:00:31"), ("001", "002"), ("0000", "0001")]
)
def test_a_changed_line_is_not_sealed(old: str, new: str) -> None:
    assert not is_sealed(read_anchor(seal(ANCHOR).replace(old, new, 1)))


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "null", "{}", '{"at": 5}', seal(ANCHOR).replace("9", "null"), "[" * 100_000]
)
def test_anything_else_is_no_anchor(line: str) -> None:
    with pytest.raises(NotAnAnchor):
        read_anchor(line)


def test_of_many_tickets_none_is_named() -> None:
    heads = [Head(ticket=f"{number:06}", seq=1, hash="") for number in range(NAMED_AT_MOST + 1)]
    assert moved_heads(heads) is None
    named = moved_heads(heads[1:])
    assert named is not None
    assert len(named) == NAMED_AT_MOST


def test_a_digest_tells_apart_where_one_field_ends() -> None:
    one, other = Digest(), Digest()
    one.event(1, "2", 34, "")
    other.event(1, "23", 4, "")
    assert one.hex() != other.hex()


def test_the_file_is_only_added_to_and_half_a_line_is_put_right(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    assert anchors.read_lines(path) == []
    anchors.append_line(path, "one")
    with path.open("a") as file:
        file.write("two, cut off by a cra")
    assert anchors.read_lines(path) == ["one"]
    anchors.append_line(path, "three")
    assert path.read_text() == "one\nthree\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(anchors.AnchorsUnreadable, match="directory"):
        anchors.read_lines(tmp_path)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # sealed at 00:00:30 of the 23rd in Shanghai
        (datetime(2026, 11, 22, 16, 1, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), True),
    ],
)
def test_it_is_due_once_a_day_of_the_centre(tmp_path: Path, now: datetime, due: bool) -> None:
    settings = Settings(home=tmp_path)
    assert anchors.is_due([seal(ANCHOR)], now, settings) is due
    assert anchors.is_due([], now, settings)
    assert anchors.is_due(["damaged"], now, settings)
