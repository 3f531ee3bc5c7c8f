"""Which number chose which language: the node's own copy, in memory and in the journal.

So the next call of the number has it at once, whatever the database does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from callcenter.domain.calls import LANGUAGES
from callcenter.services.caller_languages import NUMBER

if TYPE_CHECKING:
    from agi.journal import Journal

NOTE = "languages"
SETTLED_S = 5.0
"""So long after a choice made here the database may not know of it yet: its word waits."""


class Languages:
    """Language by number, of those who chose one that is not their line's own."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        """Start from what the journal keeps; `clock` tells seconds."""
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        kept = journal.note(NOTE)
        self._chosen = {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
        self._chose_at = -SETTLED_S

    def of(self, number: str | None) -> str | None:
        """What that number chose, None when it chose nothing."""
        return self._chosen.get(number) if number else None

    def choose(self, number: str | None, language: str, *, own: str) -> None:
        """Remember a choice, or forget it when it is `own`, the line's own language; never of a withheld number."""
        if number is None or not NUMBER.fullmatch(number) or language not in LANGUAGES:
            return
        with self._lock:
            self._chose_at = self._clock()
            chosen = {key: value for key, value in self._chosen.items() if key != number}
            self._keep(chosen if language == own else {**chosen, number: language})

    def update(self, chosen: Mapping[str, str]) -> bool:
        """Take what the database has, once it has all that the journal says; False when that is not certain yet."""
        with self._lock:
            if self._clock() - self._chose_at < SETTLED_S:
                return False
            if chosen != self._chosen:
                self._keep(dict(chosen))
            return True

    def _keep(self, chosen: dict[str, str]) -> None:
        self._chosen = chosen
        self._journal.save_note(NOTE, chosen)
