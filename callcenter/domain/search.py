"""Words to search tickets by: pairs of Chinese characters and whole other words, as PostgreSQL's text search has them.

Pairs of neighbours need no dictionary and find every part of a Chinese text that has two characters or more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_PIECES = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:-[^\W_]+)*")
_IS_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LAST_POSITION = 16383
"""The highest position that a tsvector keeps."""
_LONGEST_WORD = 100
_ROOM = 1_000_000
"""Bytes of words and positions; PostgreSQL refuses a tsvector of 2^20."""


def search_vector(texts: Iterable[str | None]) -> str:
    """The texts as the written form of a tsvector; empty when there is nothing; what is too much is left out."""
    places: dict[str, list[int]] = {}
    position, room = 1, _ROOM
    for token in _placed(texts):
        if token is None:
            position += 1
            continue
        # a new word has a count and may have to be aligned, every position is two bytes
        room -= 2 + (len(token.encode()) + 4 if token not in places else 0)
        if position > _LAST_POSITION or room < 0:
            break
        places.setdefault(token, []).append(position)
        position += 1
    return " ".join(f"'{token}':{','.join(map(str, at[:255]))}" for token, at in places.items())


def _placed(texts: Iterable[str | None]) -> Iterator[str | None]:
    """The words in order, and None for the gap behind each piece of text."""
    for text in texts:
        for piece in _pieces(text or ""):
            yield from _tokens(piece, whole=True)
            yield None


def search_query(asked: str) -> str | None:
    """What somebody typed as the written form of a tsquery: every word must be there. None without a word."""
    return " & ".join(search_parts(asked)) or None


def search_parts(asked: str) -> list[str]:
    """What somebody typed as tsqueries, one for each word: each must be there, but not all in one place."""
    return [_phrase(piece) for piece in _pieces(asked)]


def _phrase(piece: str) -> str:
    tokens = list(_tokens(piece, whole=False))
    if len(tokens) == 1:
        # A single character, the beginning of a word or of a number.
        return f"'{tokens[0]}':*"
    return "(" + " <-> ".join(f"'{token}'" for token in tokens) + ")"


def _pieces(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return (match[0] for match in _PIECES.finditer(folded))


def _tokens(piece: str, *, whole: bool) -> Iterator[str]:
    """Pairs of neighbouring characters, other words as they are.

    With `whole` the last character alone too, and the parts of a number, so that each can be found alone.
    """
    if not _IS_CHINESE.match(piece):
        yield piece[:_LONGEST_WORD]
        if whole and "-" in piece:
            yield from (part[:_LONGEST_WORD] for part in piece.split("-"))
        return
    yield from (piece[index : index + 2] for index in range(len(piece) - 1))
    if whole or len(piece) == 1:
        yield piece[-1]
