"""English numbers: read out digit by digit ("one three double eight"), counted ("twenty-five"), years, shares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcenter.domain.number_words import EN_ONES, EN_TENS
from transcripts.spans import Span

_UNITS = {name: value for value, name in enumerate(EN_ONES[:10])}
_FIGURES = {**_UNITS, "oh": 0, "o": 0, "nought": 0}
_TEENS = {name: value for value, name in enumerate(EN_ONES[10:], 10)}
_TENS = {name: value * 10 for value, name in enumerate(EN_TENS, 2)}
_ORDINALS = {
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
    "fourth": "4th",
    "fifth": "5th",
    "sixth": "6th",
    "seventh": "7th",
    "eighth": "8th",
    "ninth": "9th",
}
_TIMES = {"double": 2, "triple": 3}
_LARGE = {"thousand": 1000, "million": 1_000_000}

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_GAP = re.compile(r"[ \t-]+")
_BETWEEN_GROUPS = re.compile(r"[,\s-]+")
_NAMED = re.compile(
    r"\b(?:room|window|number|extension|building|line|counter|gate|option|flat|apartment|unit|platform|bus)\s+$",
    re.IGNORECASE,
)
"""Behind these a single digit, or two, is a number as well."""
_MEASURED = re.compile(
    r"\s+(?:o'clock|[ap]\.?m\b|yuan|dollars?|pounds?|euros?|degrees?|kilomet(?:er|re)s?)", re.IGNORECASE
)
_PERCENT = re.compile(r"\s+per\s?cent\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A number: its place, its digits, and whether it was read digit by digit."""

    start: int
    end: int
    digits: str
    read: bool
    sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A word that can be part of a number."""

    start: int
    end: int
    word: str


def spans(text: str) -> list[Span]:
    """Every number of the text, from left to right."""
    items = [item for group in _groups(text) for item in _joined(text, list(_items(group)))]
    found = []
    for index, item in enumerate(items):
        near = [other for other in (*items[max(0, index - 1) : index], *items[index + 1 : index + 2])]
        if not _is_number(text, item, near):
            continue
        share = _PERCENT.match(text, item.end)
        end = share.end() if share else item.end
        found.append(Span(start=item.start, end=end, text=item.digits + ("%" if share else "")))
    return found


def _groups(text: str) -> Iterator[list[_Token]]:
    """Runs of words of numbers with nothing but spaces or hyphens between them."""
    group: list[_Token] = []
    for match in _WORD.finditer(text):
        token = _Token(start=match.start(), end=match.end(), word=match[0].lower())
        if group and not _GAP.fullmatch(text, group[-1].end, token.start):
            yield group
            group = []
        if _belongs(token.word):
            group.append(token)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _belongs(word: str) -> bool:
    known = (_FIGURES, _TEENS, _TENS, _TIMES, _LARGE, _ORDINALS)
    return word in ("hundred", "and", "point") or any(word in table for table in known)


def _items(tokens: Sequence[_Token]) -> Iterator[_Item]:
    index = 0
    while index < len(tokens):
        item, following = _read(tokens, index) or _counted(tokens, index) or (None, index + 1)
        if item is not None:
            yield item
        index = following


def _read(tokens: Sequence[_Token], first: int) -> tuple[_Item, int] | None:
    """A number read digit by digit: at least two digits, none of them counting (hundred, thousand, point)."""
    figures, index = "", first
    while index < len(tokens):
        word = tokens[index].word
        times = _TIMES.get(word, 1)
        at = index + 1 if word in _TIMES else index
        if at >= len(tokens) or tokens[at].word not in _FIGURES:
            break
        if at + 1 < len(tokens) and tokens[at + 1].word in ("hundred", "point", *_LARGE):
            break
        figures += str(_FIGURES[tokens[at].word]) * times
        index = at + 1
    if len(figures) < 2:
        return None
    said_twice = tokens[first].word in _TIMES
    return _item(tokens, first, index, figures, read=True, sure=len(figures) > 2 or said_twice), index


def _counted(tokens: Sequence[_Token], first: int) -> tuple[_Item, int] | None:
    """A number that counts: five, twenty-five, one hundred and five, three point five, twenty-first."""
    total, index = 0, first
    while True:
        part = _under_thousand(tokens, index)
        if part is None:
            break
        value, after = part
        if after < len(tokens) and tokens[after].word in _LARGE:
            total += value * _LARGE[tokens[after].word]
            index = after + 1
            if index + 1 < len(tokens) and tokens[index].word == "and" and _under_thousand(tokens, index + 1):
                index += 1
            continue
        if total and value >= 1000:
            break
        total, index = total + value, after
        break
    if index == first:
        return None
    if index < len(tokens) and tokens[index].word in _ORDINALS and tokens[index - 1].word in _TENS:
        digits = str(total + int(_ORDINALS[tokens[index].word][0])) + _ORDINALS[tokens[index].word][1:]
        return _item(tokens, first, index + 1, digits, read=False, sure=True), index + 1
    digits, sure = str(total), total > 9
    if index + 1 < len(tokens) and tokens[index].word == "point" and tokens[index + 1].word in _FIGURES:
        decimals, index = "", index + 1
        while index < len(tokens) and tokens[index].word in _FIGURES:
            decimals += str(_FIGURES[tokens[index].word])
            index += 1
        digits, sure = f"{digits}.{decimals}", True
    return _item(tokens, first, index, digits, read=False, sure=sure), index


def _under_thousand(tokens: Sequence[_Token], first: int) -> tuple[int, int] | None:
    low = _under_hundred(tokens, first)
    if low is None:
        return None
    value, index = low
    if index < len(tokens) and tokens[index].word == "hundred" and 0 < value < 100:
        value, index = value * 100, index + 1
        skip = 1 if index < len(tokens) and tokens[index].word == "and" else 0
        rest = _under_hundred(tokens, index + skip)
        if rest is not None:
            value, index = value + rest[0], rest[1]
    return value, index


def _under_hundred(tokens: Sequence[_Token], first: int) -> tuple[int, int] | None:
    if first >= len(tokens):
        return None
    word = tokens[first].word
    if word in _UNITS:
        return _UNITS[word], first + 1
    if word in _TEENS:
        return _TEENS[word], first + 1
    if word not in _TENS:
        return None
    unit = _UNITS.get(tokens[first + 1].word, 0) if first + 1 < len(tokens) else 0
    return _TENS[word] + unit, first + (2 if unit else 1)


def _item(tokens: Sequence[_Token], first: int, after: int, digits: str, *, read: bool, sure: bool) -> _Item:
    return _Item(start=tokens[first].start, end=tokens[after - 1].end, digits=digits, read=read, sure=sure)


def _joined(text: str, items: Sequence[_Item]) -> Iterator[_Item]:
    """Years, and rooms in two parts (four twelve), as one number."""
    index = 0
    while index < len(items):
        item, following = items[index], items[index + 1] if index + 1 < len(items) else None
        if (
            following is not None
            and _GAP.fullmatch(text, item.end, following.start)
            and _pair(text, item, following)
        ):
            yield _Item(
                start=item.start,
                end=following.end,
                digits=item.digits + following.digits,
                read=True,
                sure=True,
            )
            index += 2
            continue
        yield item
        index += 1


def _pair(text: str, first: _Item, second: _Item) -> bool:
    if not (first.digits.isdigit() and second.digits.isdigit()) or len(second.digits) != 2:
        return False
    if not first.read and 10 <= int(first.digits) <= 20:
        return True
    return len(first.digits) <= 2 and bool(_NAMED.search(text, 0, first.start))


def _is_number(text: str, item: _Item, near: Sequence[_Item]) -> bool:
    if item.sure or _NAMED.search(text, 0, item.start) or _MEASURED.match(text, item.end):
        return True
    if _PERCENT.match(text, item.end):
        return True
    beside = (
        other
        for other in near
        if other.read
        and _BETWEEN_GROUPS.fullmatch(text, min(item.end, other.end), max(item.start, other.start))
    )
    return item.read and any(len(other.digits) >= 2 for other in beside)
