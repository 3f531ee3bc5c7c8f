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
        self._day = ""
        self._last = 0

    def next(self, at: datetime) -> str:
        """The next number of the day on which `at` falls."""
        day = at.astimezone(self._zone).date()
        with self._lock:
            self._turn_to(f"{day:%y%m%d}")
            self._last += 1
            self._journal.save_counter(self._day, self._last)
            return str(TicketNumber(day=day, node=self._node, serial=self._last))

    def at_least(self, day: str, last: int) -> None:
        """The database knows numbers up to `last` of a day (YYMMDD): go on behind the greater."""
        with self._lock:
            self._turn_to(day)
            self._last = max(self._last, last)
            self._journal.save_counter(self._day, self._last)

    def _turn_to(self, day: str) -> None:
        if day != self._day:
            self._day, self._last = day, self._journal.counter(day)
