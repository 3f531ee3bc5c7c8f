"""Numbers that were spoken, written as digits; of each it is known which part of the text it stands for.

For reading, searching and comparing only: a number that is called is never taken from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from transcripts import numerals_en, numerals_zh
from transcripts.engine import Word
from transcripts.spans import Span

_FINDERS = {"zh": numerals_zh.spans, "en": numerals_en.spans}


def in_digits(text: str, language: str) -> str:
    """The text with its numbers in digits; said twice it changes nothing more.

    Words that only look like numbers stay (一下, 万一, 周三, "no one"), and so do numbers below ten that count
    things (两台, "three days"); what is a date, an hour, a sum, a house or a number read out digit by digit does not.
    """
    return written(text, spans_of(text, language))


def spans_of(text: str, language: str) -> list[Span]:
    """What `in_digits` replaces, from left to right; nothing in a language that it does not know."""
    finder = _FINDERS.get(language)
    return finder(text) if finder else []


def written(text: str, spans: Iterable[Span]) -> str:
    """The text with its spans replaced."""
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += (text[end : span.start], span.text)
        end = span.end
    return "".join((*parts, text[end:]))


def words_in_digits(words: Sequence[Word], language: str) -> list[Word]:
    """The words with their numbers in digits: the words of one number become one word.

    It lasts from its first word's beginning to its last word's end and is as sure as the least sure of them.
    """
    joint = "" if language == "zh" else " "
    bare = [word.word.strip() for word in words]
    starts, place = [], 0
    for text in bare:
        starts.append(place)
        place += len(text) + len(joint)
    spans = spans_of(joint.join(bare), language)
    result: list[Word] = []
    index = 0
    while index < len(words):
        group, last = _reach(index, starts, bare, spans)
        if not group:
            result.append(replace(words[index], word=bare[index]))
            index += 1
            continue
        offset = starts[index]
        inner = joint.join(bare[index : last + 1])
        moved = [replace(span, start=span.start - offset, end=span.end - offset) for span in group]
        result.append(
            Word(
                word=written(inner, moved),
                start_s=words[index].start_s,
                end_s=words[last].end_s,
                confidence=min(word.confidence for word in words[index : last + 1]),
            )
        )
        index = last + 1
    return result


def _reach(
    first: int, starts: Sequence[int], texts: Sequence[str], spans: Sequence[Span]
) -> tuple[list[Span], int]:
    """The spans that begin in the word `first`, with the last word that they, or spans in those, reach."""
    last = first
    found: list[Span] = []
    for span in spans:
        if span.start < starts[first]:
            continue
        if span.start >= starts[last] + len(texts[last]):
            break
        found.append(span)
        while last + 1 < len(texts) and starts[last + 1] < span.end:
            last += 1
    return found, last
