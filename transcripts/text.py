"""Text as it is stored: Chinese in Simplified characters, without spaces between words."""

from __future__ import annotations

import re
from functools import cache

import opencc

_GAP = re.compile(
    r"(?<=[\u2e80-\u9fff\u3000-\u303f\uff00-\uffef])\s+|\s+(?=[\u2e80-\u9fff\u3000-\u303f\uff00-\uffef])"
)

_STUTTER = re.compile(r"([^\W\d_])\1{7,}[\W_]*$")


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def tidy(text: str, language: str) -> str:
    """One line; `zh`: Simplified, no space beside a Chinese character or mark. Numerals stay as they are."""
    line = " ".join(text.split())
    if language != "zh":
        return line
    return _GAP.sub("", str(_to_simplified().convert(line)))


def without_stutter(text: str) -> str:
    """The text without the end that Whisper makes up when speech is over: one letter again and again.

    Digits are left alone: numbers do end in zeros.
    """
    return _STUTTER.sub("", text)
