"""The board of one web process: reads the desk once for each change and wakes everybody who watches."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable

from starlette.concurrency import run_in_threadpool

from callcenter.db.deadline import DatabaseUnavailable
from web.live.pushing import News
from web.live.snapshot import Snapshot

log = logging.getLogger(__name__)

COALESCE_S = 0.03
"""Changes within this time are shown together."""
REST = 4.0
"""After a reading that took t seconds the next one waits at least REST times t: on a busy day calls come first."""


class Board:
    """The latest snapshot; None while the database does not answer."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        """Take the function that reads the desk; it runs in a thread, one at a time."""
        self._read = read
        self._dirty = asyncio.Event()
        self._news = News()
        self._over = False
        self._watchers = 0
        self._watched = asyncio.Event()
        self.snapshot: Snapshot | None = None

    def changed(self) -> None:
        """Something is not as it was; called in the event loop."""
        self._dirty.set()

    def stop(self) -> None:
        """Ends `run` after the reading under way: its thread could not be cancelled anyway."""
        self._over = True
        self._dirty.set()
        self._watched.set()

    async def run(self) -> None:
        """Reads after each change while somebody watches, until `stop`."""
        rest_s = COALESCE_S
        while not self._over:
            await self._dirty.wait()
            await self._watched.wait()
            if not self._over:
                await asyncio.sleep(rest_s)
            if self._over:
                return
            self._dirty.clear()
            began = time.monotonic()
            try:
                self.snapshot = await run_in_threadpool(self._read)
            except DatabaseUnavailable:
                self.snapshot = None
            except Exception:
                # One change that cannot be read must not end the board for good; the next one is tried again.
                log.exception("the board could not be read")
                self.snapshot = None
            rest_s = max(COALESCE_S, REST * (time.monotonic() - began))
            await self._news.tell()

    async def versions(self, every_s: float) -> AsyncGenerator[int]:
        """Yields at once, after each change, and at the latest after `every_s` seconds.

        The first to watch waits for a reading: nobody has kept the snapshot fresh.
        """
        seen = self._news.version if self._watchers == 0 else -1
        self._watchers += 1
        if self._watchers == 1:
            self._dirty.set()
            self._watched.set()
        try:
            while True:
                seen = await self._news.after(seen, every_s)
                yield seen
        finally:
            self._watchers -= 1
            if self._watchers == 0 and not self._over:
                self._watched.clear()
