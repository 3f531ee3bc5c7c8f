"""Who works here and who stands in for whom: a snapshot kept in the journal, refreshed from the database."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from agi.journal import Journal
from agi.languages import Languages
from callcenter.domain.calls import Person

NOTE = "staff"
STAND_INS = "stand-ins"
LAB = "lab"


class Routing:
    """Extensions and names of the staff, and whom to ring in place of whoever is away (S3)."""

    def __init__(self, journal: Journal) -> None:
        """Start from the snapshot that the journal keeps."""
        self._journal = journal
        self._lock = threading.Lock()
        self._names = self._kept(NOTE)
        self._stand_ins = self._kept(STAND_INS)
        self.languages = Languages(journal)

    def _kept(self, note: str) -> Mapping[str, str]:
        kept = self._journal.note(note)
        return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}

    def update(self, staff: Iterable[Person], stand_ins: Mapping[str, str]) -> None:
        """Take a new list, and who stands in for whom; written to the journal when they differ."""
        names = {person.extension: person.name for person in staff}
        with self._lock:
            if (names, stand_ins) == (self._names, self._stand_ins):
                return
            self._names, self._stand_ins = names, stand_ins
        self._journal.save_note(NOTE, names)
        self._journal.save_note(STAND_INS, dict(stand_ins))

    def person(self, extension: str) -> Person:
        """The member of staff of that extension; a phone that is nobody's is named by its extension."""
        return Person(extension=extension, name=self._names.get(extension, extension))

    def works_here(self, extension: str) -> bool:
        """Whether calls can be handed to that extension."""
        return extension in self._names

    def acting(self, extension: str) -> str:
        """Who takes what is handed to that extension: they themselves, or whoever stands in (S3)."""
        return self._stand_ins.get(extension, extension)


def extension_of(channel: str) -> str:
    """The extension of a phone's channel: `PJSIP/101-0000002a` is 101."""
    return channel.rpartition("/")[2].rpartition("-")[0]
