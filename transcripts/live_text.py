"""Readings of an utterance that is still being spoken: what two of them share is settled, the rest is a draft."""

from __future__ import annotations

import re

_UNITS = re.compile(r"[A-Za-z0-9'’\-]+|\s+|.", re.DOTALL)
_UNSURE_END = 1
"""Units at the end of a reading that never settle: the word was cut off in the middle."""


class Agreement:
    """The readings of one utterance, one after the other."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._settled: list[str] = []
        self._before: list[str] = []

    def read(self, text: str) -> tuple[str, str]:
        """The settled beginning and the draft behind it, after one more reading.

        What is settled stays as it is, whatever later readings say of it; the last one, of the whole utterance,
        puts everything right.
        """
        units = _UNITS.findall(text)
        start = len(self._settled)
        shared = start
        last = min(len(units), len(self._before)) - _UNSURE_END
        while shared < last and units[shared] == self._before[shared]:
            shared += 1
        if units[:start] == self._settled:
            self._settled = units[:shared]
        self._before = units
        return "".join(self._settled), "".join(units[len(self._settled) :])


SHORTEST_LOOP = 5


def without_loop(text: str) -> str:
    """The text without what is said again and again at its end, from the second time on: Whisper in a loop.

    Digits are left alone: numbers do repeat.
    """
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    letters = [text[place].lower() for place in places]
    for period in range(SHORTEST_LOOP, len(letters) // 2 + 1):
        same = len(letters) - period
        while same and letters[same - 1] == letters[same - 1 + period]:
            same -= 1
        if len(letters) - period - same >= period:
            return text[: places[same + period - 1] + 1]
    return text
