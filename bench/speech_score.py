"""How far what was understood is from what was said: character errors for Chinese, word errors for English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcripts.numerals import in_digits

_ZH = str.maketrans("零〇一二三四五六七八九幺两", "0012345678912")
_EN = {
    "oh": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_SPELLING = {"centre": "center", "mister": "mr", "ok": "okay"}


def units(text: str, language: str) -> list[str]:
    """What is compared: characters or words, numerals written alike, no marks, small letters, one spelling.

    Numbers are digits (7号楼 for 七号楼, 40 for forty), each a unit of its own: 020 7946 is seven words, as spoken.
    """
    text = in_digits(text, language).lower()
    if language == "zh":
        return list(re.sub(r"[\W_]+", "", text).translate(_ZH))
    words = re.sub(r"[^\w\s]|_", " ", text.replace("'", "").replace("’", "")).split()
    found: list[str] = []
    for word in words:
        found += list(word) if word.isdigit() else [_EN.get(word, _SPELLING.get(word, word))]
    return found


def errors(wanted: Sequence[str], got: Sequence[str]) -> int:
    """Units to insert, delete or replace (Levenshtein)."""
    row = list(range(len(got) + 1))
    for i, left in enumerate(wanted, 1):
        corner, row[0] = row[0], i
        for j, right in enumerate(got, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (left != right))
    return row[-1]
