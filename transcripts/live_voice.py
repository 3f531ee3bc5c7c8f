"""Where somebody speaks in the sound of one leg of a call: utterances, begun by a voice and ended by a pause."""

from __future__ import annotations

import math
from array import array
from collections import deque
from dataclasses import dataclass, field

RATE_HZ = 8_000
FRAME = 160
"""Samples of 20 ms."""
FRAME_S = FRAME / RATE_HZ
LEAST_DBFS = -45.0
ABOVE_NOISE_DB = 10.0
BEGIN_FRAMES, OF_FRAMES = 3, 5
"""So many loud frames of so many make a beginning: a click is none."""
BEFORE_FRAMES = 15
"""Heard before the beginning and part of it: soft consonants."""
PAUSE_FRAMES = 22
"""So much quiet, 0.44 s, ends an utterance."""
LONGEST_FRAMES = 260
"""After 5 s it is cut at the quietest place of the last two: a longer one takes too long to read again and again."""
CUT_WITHIN = 100


@dataclass(slots=True, eq=False)
class Utterance:
    """Speech of one leg: 16-bit samples at RATE_HZ, growing until `is_over`."""

    number: int
    begins_s: float
    samples: array[int] = field(default_factory=lambda: array("h"))
    is_over: bool = False

    @property
    def seconds(self) -> float:
        """Its length so far."""
        return len(self.samples) / RATE_HZ


class Voice:
    """The sound of one leg, frame by frame. Not for more than one thread."""

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self._rest = array("h")
        self._before: deque[array[int]] = deque(maxlen=BEFORE_FRAMES)
        self._loud: deque[bool] = deque(maxlen=OF_FRAMES)
        self._noise_db = -60.0
        self._frames = 0
        self._quiet = 0
        self._levels: list[float] = []
        self.speaking: Utterance | None = None
        self._count = 0

    def hear(self, samples: array[int]) -> list[Utterance]:
        """Take more sound; the utterances that began in it (those that ended say so themselves)."""
        self._rest.extend(samples)
        begun: list[Utterance] = []
        while len(self._rest) >= FRAME:
            frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
            self._frames += 1
            one = self._take(frame)
            if one is not None:
                begun.append(one)
        return begun

    def be_quiet(self, seconds: float) -> list[Utterance]:
        """Nothing came for so long: that is quiet too."""
        return self.hear(array("h", bytes(2 * int(seconds * RATE_HZ))))

    def end(self) -> None:
        """The leg is over."""
        if self.speaking is not None:
            self.speaking.is_over = True
            self.speaking = None

    def _take(self, frame: array[int]) -> Utterance | None:
        level = _dbfs(frame)
        is_loud = level > max(LEAST_DBFS, self._noise_db + ABOVE_NOISE_DB)
        if not is_loud or level < self._noise_db:
            # the noise of a line changes slowly, and speech is none
            step = 0.05 if level > self._noise_db else 0.2
            self._noise_db += step * (max(level, -70.0) - self._noise_db)
        self._loud.append(is_loud)
        if self.speaking is None:
            self._before.append(frame)
            return self._begin() if sum(self._loud) >= BEGIN_FRAMES else None
        self.speaking.samples.extend(frame)
        self._levels.append(level)
        self._quiet = 0 if is_loud else self._quiet + 1
        if self._quiet >= PAUSE_FRAMES:
            self.end()
            self._loud.clear()
        elif len(self._levels) >= LONGEST_FRAMES:
            return self._cut(self.speaking)
        return None

    def _begin(self) -> Utterance:
        self._count += 1
        one = Utterance(number=self._count, begins_s=(self._frames - len(self._before)) * FRAME_S)
        for frame in self._before:
            one.samples.extend(frame)
        self._levels = [0.0] * len(self._before)
        self._before.clear()
        self._quiet = 0
        self.speaking = one
        return one

    def _cut(self, before: Utterance) -> Utterance:
        """The utterance ends at its quietest late place; what was said since begins the next one."""
        first = len(self._levels) - CUT_WITHIN
        at = min(range(first, len(self._levels)), key=self._levels.__getitem__)
        rest = before.samples[at * FRAME :]
        del before.samples[at * FRAME :]
        levels = self._levels[at:]
        self.end()
        self._count += 1
        begins_s = (self._frames - len(levels)) * FRAME_S
        self.speaking = Utterance(number=self._count, begins_s=begins_s, samples=rest)
        self._levels = levels
        return self.speaking


def _dbfs(frame: array[int]) -> float:
    power = sum(sample * sample for sample in frame) / len(frame)
    return 10 * math.log10(power / 32768**2) if power else -100.0
