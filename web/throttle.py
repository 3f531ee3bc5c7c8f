"""A limit on how often something may be tried, kept in memory: enough to make guessing passwords pointless."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable


class Throttle:
    """At most `limit` failures for a key within `window_s` seconds; the key is then refused until the oldest ages out."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the limit, the window in seconds and a monotonic clock."""
        self._limit, self._window_s, self._clock = limit, window_s, clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Seconds until `key` may try again; 0 when it may now."""
        with self._lock:
            failures = self._recent(key)
            if len(failures) < self._limit:
                return 0.0
            return failures[0] + self._window_s - self._clock()

    def failed(self, key: str) -> None:
        """Counts one failure."""
        with self._lock:
            self._recent(key).append(self._clock())
            if len(self._failures) > 10_000:
                self._failures = {k: v for k, v in self._failures.items() if v and v[-1] > self._clock() - self._window_s}

    def succeeded(self, key: str) -> None:
        """Forgets the failures of `key`."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.setdefault(key, deque(maxlen=self._limit))
        while failures and failures[0] <= self._clock() - self._window_s:
            failures.popleft()
        return failures
