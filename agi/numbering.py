"""Ticket numbers of this node: from the journal, so that a caller gets one whatever the database does."""

from __future__ import annotations

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

from agi.journal import Journal
from callcenter.domain.numbers import TicketNumber


class Numbering:
    """Running numbers of the day, `YYMMDD-N-SSS`, in the centre's time zone."""

    def __init__(self, journal: Journal, node: int, zone: ZoneInfo) -> None:
        """Continue where the journal stands."""
        self._journal = journal
        self._node = node
        self._zone = zone
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}

    def next(self, at: datetime) -> str:
        """The next number of the day on which `at` falls."""
        day = at.astimezone(self._zone).date()
        with self._lock:
            serial = self._raise_to(f"{day:%y%m%d}", 1 + self._known(f"{day:%y%m%d}"))
        return str(TicketNumber(day=day, node=self._node, serial=serial))

    def at_least(self, day: str, last: int) -> None:
        """The database knows numbers up to `last` of a day (YYMMDD): go on behind the greater."""
        with self._lock:
            if last > self._known(day):
                self._raise_to(day, last)

    def _known(self, day: str) -> int:
        # kept for every day: the journal's own word may still be on its way to the disk
        if day not in self._last:
            self._last[day] = self._journal.counter(day)
        return self._last[day]

    def _raise_to(self, day: str, last: int) -> int:
        self._last[day] = last
        self._journal.save_counter(day, last)
        return last
