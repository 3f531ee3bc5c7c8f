"""Python's garbage collector, kept out of the callers' way.

A full collection holds the interpreter for some 100 ms with the events of a few thousand calls in memory, and every
caller who arrives meanwhile waits. So it runs when nobody is on the line, and at a long interval when somebody always
is; young objects are collected as ever (the gc module's manual page, `set_threshold` and `freeze`).
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable

LOOK_S = 5.0
SELDOM_S, AT_LEAST_S = 60.0, 600.0
"""How often at most when nobody is on the line, and at least when somebody is."""
YOUNG, MIDDLE, NEVER = 2000, 20, 1_000_000


class Collector:
    """One thread that chooses the moments of full collections."""

    def __init__(self, in_progress: Callable[[], int]) -> None:
        """`in_progress` tells how many calls there are now."""
        self._in_progress = in_progress
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)

    def start(self) -> None:
        """Begin; what is in memory now stays, and is not looked at again."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        collected = time.monotonic()
        while not self._stopping.wait(LOOK_S):
            since_s = time.monotonic() - collected
            if since_s > AT_LEAST_S or (since_s > SELDOM_S and not self._in_progress()):
                gc.collect()
                collected = time.monotonic()
