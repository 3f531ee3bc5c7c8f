"""How often one address may ask: counted in this process alone, forgotten with it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """Allows `most` requests of one address within `within_s` seconds; remembers the last 10,000 addresses."""

    REMEMBERED = 10_000

    def __init__(self, *, most: int, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._within_s = within_s
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, who: str) -> bool:
        """Whether `who` may ask now; counts it."""
        now = self._clock()
        with self._lock:
            began, count = self._seen.pop(who, (now, 0))
            if now - began >= self._within_s:
                began, count = now, 0
            self._seen[who] = (began, count + 1)
            while len(self._seen) > self.REMEMBERED:
                self._seen.popitem(last=False)
        return count < self._most
