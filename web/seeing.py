"""Looks at personal data, noted where they happen (T31): one line in each handler that shows them.

Each function notes the look and commits, in the transaction that read what is shown: what cannot be noted is not shown.
A masked number is no look; a name, the matter and what the caller said are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Seen, Via, counted, seen
from callcenter.domain.calls import Call
from callcenter.domain.parties import called
from callcenter.domain.tickets import Ticket
from callcenter.domain.today import PartyFile
from callcenter.domain.transcripts import Purpose, StoredTranscript
from callcenter.services.access import record_access
from web.viewer import Viewer

BOARD = "list board"
"""The board of calls and tickets now. It is noted when it is opened, not each time it changes by itself."""


def ticket(
    work: SqlUnitOfWork,
    viewer: Viewer,
    via: Via,
    shown: Ticket,
    call: Call | None,
    recordings: Sequence[StoredTranscript],
    now: datetime,
) -> None:
    """One ticket, with the texts of its recordings as far as the viewer may hear them."""
    what = {
        Seen.NUMBER: shown.contact_phone is not None
        and viewer.contact_of(shown, call) == shown.contact_phone,
        Seen.NAME: called(shown) is not None,
        Seen.MATTER: bool(shown.details),
        Seen.MESSAGE: viewer.may_hear(shown, call) and _was_said(recordings),
    }
    _note(work, viewer, via, shown.number, seen(kind for kind, was_seen in what.items() if was_seen), now)


def call(
    work: SqlUnitOfWork,
    viewer: Viewer,
    via: Via,
    shown: Call,
    of: Ticket | None,
    recordings: Sequence[StoredTranscript],
    now: datetime,
) -> None:
    """One call, with the texts of its recordings as far as the viewer may hear them; `of` is its ticket."""
    what = {
        Seen.NUMBER: shown.caller is not None and viewer.caller_of(shown) == shown.caller,
        Seen.NAME: shown.caller_name is not None,
        Seen.MESSAGE: viewer.may_hear(of, shown) and _was_said(recordings),
    }
    _note(work, viewer, via, shown.linkedid, seen(kind for kind, was_seen in what.items() if was_seen), now)


def tickets(work: SqlUnitOfWork, viewer: Viewer, via: Via, shown: Iterable[Ticket], now: datetime) -> None:
    """A list of tickets: one row for all of it."""
    entries = [(each.number, each.contact_phone, viewer.contact_of(each), called(each)) for each in shown]
    _note_list(work, viewer, via, "list tickets", entries, now)


def parties(
    work: SqlUnitOfWork, viewer: Viewer, shown: Iterable[tuple[PartyFile, str]], now: datetime
) -> None:
    """A list of files, each with its party as it is shown: one row for all of it."""
    entries = [(str(file.number), file.party.partition(":")[2], party, None) for file, party in shown]
    _note_list(work, viewer, Via.PAGE, "list files", entries, now)


def calls(work: SqlUnitOfWork, viewer: Viewer, via: Via, shown: Iterable[Call], now: datetime) -> None:
    """A list of calls: one row for all of it."""
    entries = [(each.linkedid, each.caller, viewer.caller_of(each), each.caller_name) for each in shown]
    _note_list(work, viewer, via, "list calls", entries, now)


def board(
    work: SqlUnitOfWork, viewer: Viewer, shown: Iterable[Ticket], live: Iterable[Call], now: datetime
) -> None:
    """The board: one row for all of it."""
    entries = [(each.contact_phone, viewer.contact_of(each), called(each)) for each in shown]
    entries += [(each.caller, viewer.caller_of(each), each.caller_name) for each in live]
    _note(work, viewer, Via.PAGE, BOARD, _count(entries), now)


def captions(work: SqlUnitOfWork, viewer: Viewer, linkedid: str, now: datetime) -> None:
    """What is said in a call, while it is said."""
    _note(work, viewer, Via.PAGE, linkedid, Seen.MESSAGE, now)


def recording(work: SqlUnitOfWork, viewer: Viewer, shown: StoredTranscript, now: datetime) -> None:
    """A recording that is played; the parts that a player asks for one after the other are one look."""
    subject = shown.recording.ticket or shown.recording.linkedid
    _note(work, viewer, Via.RECORDING, subject, Seen.SOUND, now)


def attachment(work: SqlUnitOfWork, viewer: Viewer, via: Via, number: str, now: datetime) -> None:
    """A file of the ticket of that number that is opened or fetched."""
    _note(work, viewer, via, number, Seen.FILE, now)


def export(
    work: SqlUnitOfWork, viewer: Viewer, description: str, *, numbers: int, names: int, now: datetime
) -> None:
    """A file that is taken away, with how many numbers and names it holds in full."""
    _note(work, viewer, Via.EXPORT, f"list {description}", counted(numbers, names), now)


def transcripts(
    work: SqlUnitOfWork, viewer: Viewer, description: str, *, texts: int, in_full: bool, now: datetime
) -> None:
    """A file of what callers said, with how many texts; `in_full`: with the numbers and names in them."""
    if texts:
        more = counted(texts, texts) if in_full else ""
        _note(work, viewer, Via.EXPORT, f"list {description}", f"{Seen.MESSAGE}={texts} {more}".strip(), now)


def _was_said(recordings: Iterable[StoredTranscript]) -> bool:
    return any(each.reading for each in recordings if each.recording.purpose is not Purpose.BRIEFING)


def _note_list(
    work: SqlUnitOfWork,
    viewer: Viewer,
    via: Via,
    kind: str,
    entries: Sequence[tuple[str, str | None, str | None, str | None]],
    now: datetime,
) -> None:
    """The subject names the first and the last entry, so that each page of a long list is a look of its own."""
    if entries:
        subject = f"{kind} {entries[0][0]} to {entries[-1][0]}"
        _note(work, viewer, via, subject, _count([entry[1:] for entry in entries]), now)


def _count(entries: Sequence[tuple[str | None, str | None, str | None]]) -> str:
    """What a list shows in full, of (number, as it is shown, name)."""
    numbers = sum(number is not None and number == as_shown for number, as_shown, _ in entries)
    return counted(numbers, sum(name is not None for _, _, name in entries))


def _note(work: SqlUnitOfWork, viewer: Viewer, via: Via, subject: str, what: str, now: datetime) -> None:
    if record_access(
        work, extension=viewer.extension, name=viewer.name, via=via, subject=subject, what=what, now=now
    ):
        work.commit()
