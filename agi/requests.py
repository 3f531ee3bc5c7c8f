"""From the database to the desk: what the console asks for is taken as soon as it is said. Two threads.

One listens, so that a click acts without a poll's delay; the other takes requests. The database may freeze or be away
for as long as it likes: both wait for it, and whoever clicked meanwhile clicks again.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from agi.desk import Desk
from agi.ear import Ear
from callcenter.errors import ShouwenError

log = logging.getLogger(__name__)

POLL_S = 5.0
"""A notification that got lost costs so long at most: less than a request stays fresh."""
RETRY_S = 0.5


class Taker(ABC):
    """Calls `take` after each word on a channel, and every few seconds."""

    def __init__(self, desk: Desk, channel: str) -> None:
        """Nothing is touched before `start`."""
        self.desk = desk
        self._channel = channel
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=channel, daemon=True)
        self._ear = Ear(desk.settings, channel, self._asked)

    @abstractmethod
    def take(self) -> None:
        """Take what is asked for now."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._ear.start()

    def stop(self) -> None:
        """End; a request in hand is done first."""
        self._stopping.set()
        self._asked.set()
        self._thread.join(5)
        self._ear.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.wait(POLL_S)
            self._asked.clear()
            if self._stopping.is_set():
                return
            if not self.desk.manager.connected:
                # Asterisk is just starting: what is asked meanwhile stays fresh for a while
                self._stopping.wait(RETRY_S)
                self._asked.set()
                continue
            try:
                self.take()
                self._failing = False
            except ShouwenError as error:
                if not self._failing:
                    log.warning("%s cannot be read (%s); trying again", self._channel, error)
                self._failing = True
                self._stopping.wait(RETRY_S)
                self._asked.set()
            except Exception:
                log.exception("a request of %s could not be carried out", self._channel)
                self._stopping.wait(RETRY_S)
