"""Extensions that may be given, and how the log of looks at personal data names who saw what."""

from __future__ import annotations

import pytest

from callcenter.domain.access import Seen, actor_of, counted, seen
from callcenter.domain.staff import BadExtension, check_extension


@pytest.mark.parametrize("extension", ["10", "101", "999999", "7001", "90", "180"])
def test_an_extension(extension: str) -> None:
    assert check_extension(extension) == extension


@pytest.mark.parametrize(
    "extension", ["", "1", "1234567", "011", "8000", "80", "1a", "１01", "101\n", " 101"]
)
def test_no_extension(extension: str) -> None:
    with pytest.raises(BadExtension) as caught:
        check_extension(extension)
    assert str(caught.value).startswith(f"{extension!r} cannot be an extension: An extension is two to six")


@pytest.mark.rule("T31")
def test_who_looked_is_named() -> None:
    assert actor_of("101", "王敏") == "101"
    assert actor_of("", "crm") == "token crm"


@pytest.mark.rule("T31")
def test_what_was_seen_is_named() -> None:
    assert seen([Seen.NUMBER, Seen.NAME, Seen.MATTER]) == "number name matter"
    assert seen([]) == ""


@pytest.mark.rule("T31")
@pytest.mark.parametrize(
    ("numbers", "names", "words"),
    [(3, 7, "number=3 name=7"), (3, 0, "number=3"), (0, 7, "name=7"), (0, 0, "")],
)
def test_a_list_counts_what_it_showed(numbers: int, names: int, words: str) -> None:
    assert counted(numbers, names) == words
