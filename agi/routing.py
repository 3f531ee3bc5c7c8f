"""Who works here: a snapshot in memory, kept in the journal, refreshed from the database whenever it is there."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from agi.journal import Journal
from callcenter.domain.calls import Person

NOTE = "staff"
LAB = "lab"


class Routing:
    """Extensions and names of the staff."""

    def __init__(self, journal: Journal) -> None:
        """Start from the snapshot that the journal keeps."""
        self._journal = journal
        self._lock = threading.Lock()
        kept = journal.note(NOTE)
        self._names: Mapping[str, str] = (
            {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
        )

    def update(self, staff: Iterable[Person]) -> None:
        """Take a new list; written to the journal when it differs."""
        names = {person.extension: person.name for person in staff}
        with self._lock:
            if names == self._names:
                return
            self._names = names
        self._journal.save_note(NOTE, names)

    def person(self, extension: str) -> Person:
        """The member of staff of that extension; a phone that is nobody's is named by its extension."""
        return Person(extension=extension, name=self._names.get(extension, extension))

    def works_here(self, extension: str) -> bool:
        """Whether calls can be handed to that extension."""
        return extension in self._names


def extension_of(channel: str) -> str:
    """The extension of a phone's channel: `PJSIP/101-0000002a` is 101."""
    return channel.rpartition("/")[2].rpartition("-")[0]
