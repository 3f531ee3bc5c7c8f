"""Callers in the queue: what is said to them over the music, and who is told which place; the queue goes on untouched.

Asterisk's queue announces a place by holding up the caller whom a free phone could already ring (app_queue.c 22,
`say_position`), and has no Chinese digits. So the desk speaks over the music instead (ChanSpy's whisper, context
shouwen-whisper), each time that the queue's own announcement ("press one") has just ended: the music stops for it and
starts again, which Asterisk tells (MusicOnHoldStop, MusicOnHoldStart).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

NOT_SOONER_S = 20.0
"""A place that changes is told so long after the one before."""
LONGEST_S = 10.0
"""How long something said may last, its way to the caller included."""


class Speaker(Protocol):
    """The manager interface, as far as it is needed here."""

    def whisper(self, linkedid: str, channel: str, *, language: str, sounds: Sequence[str]) -> bool: ...
    def hang_up(self, channel: str) -> None: ...


@dataclass(slots=True)
class Waiter:
    """A caller in the queue."""

    linkedid: str
    channel: str
    announced: bool = False
    """The music has stopped: the queue's own announcement, or the end of waiting."""
    knows: bool = False
    """The queue has told the caller that all phones are in use, and of key 1."""
    told: int = 1
    """The place that the caller was told last; whoever is first is told nothing."""
    told_at: float = -NOT_SOONER_S


class Waiting:
    """Everybody in the queue, in its order; `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody waits."""
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: list[Waiter] = []
        self._spoken: dict[str, float] = {}
        """When something was last said over the music, by linkedid."""

    def clear(self) -> None:
        """Asterisk is connected anew and says who waits."""
        with self._lock:
            self._queue.clear()

    def joined(self, linkedid: str, channel: str, position: int) -> None:
        """Somebody came into the queue at that position, 1 being the next."""
        with self._lock:
            if self._find(linkedid) is None:
                self._queue.insert(max(0, position - 1), Waiter(linkedid=linkedid, channel=channel))

    def left(self, linkedid: str) -> None:
        """Somebody is no longer in the queue."""
        with self._lock:
            self._queue = [waiter for waiter in self._queue if waiter.linkedid != linkedid]

    def music_stopped(self, linkedid: str) -> None:
        """The queue begins to speak, or the caller is connected."""
        with self._lock:
            if waiter := self._find(linkedid):
                waiter.announced = True

    def music_started(self, linkedid: str) -> int | None:
        """The place to tell now, when the queue's announcement has just ended and the place is news."""
        with self._lock:
            waiter = self._find(linkedid)
            if waiter is None or not waiter.announced:
                return None
            waiter.announced, waiter.knows = False, True
            place, now = self._queue.index(waiter) + 1, self._clock()
            if place == waiter.told or now - waiter.told_at < NOT_SOONER_S:
                return None
            waiter.told, waiter.told_at = place, now
            return place

    def knows(self, linkedid: str) -> bool:
        """Whether the queue's own announcement was made to that caller."""
        with self._lock:
            waiter = self._find(linkedid)
            return waiter is not None and waiter.knows

    def say(
        self, speaker: Speaker, linkedid: str, channel: str, *, language: str, sounds: Sequence[str]
    ) -> None:
        """Say something over the music; what was being said before ends."""
        self.hush(speaker, linkedid)
        with self._lock:
            now = self._clock()
            self._spoken = {key: at for key, at in self._spoken.items() if now - at < LONGEST_S}
            self._spoken[linkedid] = now
        speaker.whisper(linkedid, channel, language=language, sounds=sounds)

    def hush(self, speaker: Speaker, linkedid: str) -> None:
        """Somebody else speaks now, the queue or a person: what the desk is saying ends."""
        with self._lock:
            at = self._spoken.pop(linkedid, None)
        if at is not None and self._clock() - at < LONGEST_S:
            speaker.hang_up(whispering(linkedid))

    def _find(self, linkedid: str) -> Waiter | None:
        return next((waiter for waiter in self._queue if waiter.linkedid == linkedid), None)


def whispering(linkedid: str) -> str:
    """The channel on which something is said to that call's caller, as a pattern of names (AMI's Hangup)."""
    return f"/^Local/{re.escape(linkedid)}@shouwen-whisper-.*;1$/"
