"""Use cases of transcripts: which recordings wait, what became of them, what people make of them.

The row is the truth: a recording is transcribed because its row says `pending`, whatever became of a job.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from callcenter.domain.transcripts import (
    ATTEMPTS,
    FAILURES,
    OBSTACLES,
    ONCE_MORE,
    RETRY_AFTER,
    Asked,
    Cause,
    Correction,
    Obstacle,
    Purpose,
    RecordedFile,
    SpokenPart,
    StoredTranscript,
    TranscriptState,
    Whole,
    together,
)
from callcenter.errors import ShouwenError
from callcenter.services.ports import CALLS_CHANNEL, TICKETS_CHANNEL


class CorrectedMeanwhile(ShouwenError):
    """Somebody else corrected the text in the meantime; look at it again before you save."""


class TranscriptRepository(Protocol):
    """Recordings with their transcripts; see `callcenter.db.transcript_queries`."""

    def add(self, recording: RecordedFile) -> int: ...
    def get(self, recording_id: int, *, lock: bool = False) -> StoredTranscript | None: ...
    def due(self, now: datetime, languages: Collection[str], limit: int) -> dict[int, int]: ...
    def urgent_waits(self, purpose: Purpose, now: datetime) -> bool: ...
    def of_ticket(self, number: str) -> StoredTranscript | None: ...
    def of_tickets(self, numbers: Collection[str]) -> dict[str, StoredTranscript]: ...
    def of_call(self, linkedid: str) -> list[StoredTranscript]: ...
    def begin(self, recording_id: int, *, attempts: int, retry_at: datetime, at: datetime) -> None: ...
    def parts(self, recording_id: int) -> list[SpokenPart]: ...
    def add_part(
        self, recording_id: int, part: SpokenPart, *, total_s: float | None, at: datetime
    ) -> None: ...
    def settle(
        self,
        recording_id: int,
        whole: Whole,
        *,
        state: TranscriptState,
        total_s: float | None,
        at: datetime,
    ) -> None: ...
    def put_off(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        obstacle: Obstacle,
        cause: Cause,
        failures: int,
        reason: str,
        retry_at: datetime | None,
        at: datetime,
    ) -> None: ...
    def keep_what_is_done(self, recording_id: int, whole: Whole) -> None: ...
    def ask_again(self, recording_id: int, asked: Asked, at: datetime) -> None: ...
    def correct(
        self, recording_id: int, *, version: int, text: str | None, by: str, at: datetime
    ) -> None: ...
    def corrections(self, recording_ids: Collection[int]) -> dict[int, list[Correction]]: ...
    def lock_ticket(self, recording: RecordedFile) -> str | None: ...
    def find_by_words(self, ticket: str) -> None: ...
    def not_yet_found(self, after: int, limit: int) -> tuple[dict[str, bool], int | None]: ...


class TranscriptUnitOfWork(Protocol):
    """The part of a unit of work that these use cases need."""

    @property
    def transcripts(self) -> TranscriptRepository: ...
    def notify(self, channel: str, *payloads: str) -> None: ...


def add_recording(uow: TranscriptUnitOfWork, recording: RecordedFile) -> int:
    """Note a finished recording; its transcription is pending from now on. Returns the recording's id.

    The same path again: only its ticket and length are filled in.
    """
    return uow.transcripts.add(recording)


def pending_recordings(
    uow: TranscriptUnitOfWork, *, now: datetime, languages: Collection[str], limit: int = 500
) -> dict[int, int]:
    """Recordings to transcribe now with how urgent each is: messages, briefings, calls; of each the oldest first.

    Pending ones whose time has come, and those that failed for want of a model in a language that has one by
    now (`languages`).
    """
    return uow.transcripts.due(now, languages, limit)


def begin_transcription(
    uow: TranscriptUnitOfWork, recording_id: int, *, now: datetime, counted: bool = True
) -> tuple[StoredTranscript, list[SpokenPart]] | None:
    """Count a try before it is made, so that one that kills the worker counts as well; None: nothing to do.

    With what is done of it already. A recording that was begun ATTEMPTS times without a word of it is `failed`.
    Not `counted`: the last try ended for want of the database, which is no fault of the recording's.
    """
    found, ticket = _lock(uow, recording_id)
    if found is None or found.state in (TranscriptState.DONE, TranscriptState.EMPTY):
        return None
    if found.attempts >= ATTEMPTS and counted:
        reason = found.reason or "the worker ended without a result each time"
        _fail(uow, found, ticket, Cause.GAVE_UP, reason, found.failures, now)
        return None
    attempts = found.attempts + 1 if counted else max(found.attempts, 1)
    uow.transcripts.begin(recording_id, attempts=attempts, retry_at=now + RETRY_AFTER, at=now)
    return replace(found, attempts=attempts), uow.transcripts.parts(recording_id)


def record_part(
    uow: TranscriptUnitOfWork, recording_id: int, part: SpokenPart, *, total_s: float | None, now: datetime
) -> bool:
    """Store one part of several; False if more urgent things wait, or there is nothing to go on with."""
    found = uow.transcripts.get(recording_id, lock=True)
    if found is None or not _goes_on(found):
        return False
    uow.transcripts.add_part(recording_id, part, total_s=total_s, at=now)
    _tell(uow, found.recording)
    return not uow.transcripts.urgent_waits(found.recording.purpose, now)


def record_transcript(
    uow: TranscriptUnitOfWork, recording_id: int, last: SpokenPart, *, total_s: float | None, now: datetime
) -> None:
    """Store what was understood, all parts together; nothing understood is `empty`, and why.

    A recording that is gone is passed over, and so is one that somebody asked to have transcribed anew meanwhile.
    """
    found, ticket = _lock(uow, recording_id)
    if found is None or not _goes_on(found):
        return
    whole = together([*uow.transcripts.parts(recording_id), last])
    state = TranscriptState.DONE if whole.text else TranscriptState.EMPTY
    uow.transcripts.settle(recording_id, whole, state=state, total_s=total_s, at=now)
    _have_found(uow, found.recording, ticket)


def record_failure(
    uow: TranscriptUnitOfWork, recording_id: int, *, cause: Cause, reason: str, now: datetime
) -> None:
    """Store why it did not work. What may go better elsewhere stays `pending` once, then it is `failed`.

    For want of a model it is `failed` at once, and is taken up again when a model is there.
    """
    found, ticket = _lock(uow, recording_id)
    if found is None or not _goes_on(found):
        return
    failures = found.failures + (cause is not Cause.NO_MODEL)
    if cause not in ONCE_MORE or failures >= FAILURES:
        _fail(uow, found, ticket, cause, reason, failures, now)
        return
    uow.transcripts.put_off(
        recording_id,
        state=TranscriptState.PENDING,
        obstacle=OBSTACLES.get(cause, Obstacle.ENGINE),
        cause=cause,
        failures=failures,
        reason=reason,
        retry_at=now + RETRY_AFTER,
        at=now,
    )


def _goes_on(found: StoredTranscript) -> bool:
    """Whether the try that was begun still counts: nobody asked for a new one from the start."""
    return found.state is TranscriptState.PENDING and found.attempts > 0


def _fail(
    uow: TranscriptUnitOfWork,
    found: StoredTranscript,
    ticket: str | None,
    cause: Cause,
    reason: str,
    failures: int,
    now: datetime,
) -> None:
    uow.transcripts.put_off(
        found.recording_id,
        state=TranscriptState.FAILED,
        obstacle=OBSTACLES.get(cause, Obstacle.ENGINE),
        cause=cause,
        failures=failures,
        reason=reason,
        retry_at=None,
        at=now,
    )
    parts = uow.transcripts.parts(found.recording_id)
    if any(part.text for part in parts):
        uow.transcripts.keep_what_is_done(found.recording_id, together(parts))
    _have_found(uow, found.recording, ticket)


def transcribe_again(uow: TranscriptUnitOfWork, recording_id: int, asked: Asked, now: datetime) -> bool:
    """Have a recording transcribed from its start, as a person asked; False if there is none."""
    found, ticket = _lock(uow, recording_id)
    if found is None:
        return False
    uow.transcripts.ask_again(recording_id, asked, now)
    _have_found(uow, found.recording, ticket)
    return True


def correct_transcript(
    uow: TranscriptUnitOfWork,
    recording_id: int,
    *,
    text: str | None,
    by: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Put a person's words beside the machine's, which are kept; `by` is an extension.

    `text` None takes it back to the machine's words. Raises CorrectedMeanwhile if it is past `version`.
    """
    found, ticket = _lock(uow, recording_id)
    if found is None:
        return
    if version is not None and version != found.version:
        raise CorrectedMeanwhile
    uow.transcripts.correct(recording_id, version=found.version + 1, text=text, by=by, at=now)
    _have_found(uow, found.recording, ticket)


def _lock(uow: TranscriptUnitOfWork, recording_id: int) -> tuple[StoredTranscript | None, str | None]:
    """The transcript, and the ticket that it belongs to, both locked; the ticket first, as every change of a ticket."""
    found = uow.transcripts.get(recording_id)
    if found is None:
        return None, None
    ticket = uow.transcripts.lock_ticket(found.recording)
    return uow.transcripts.get(recording_id, lock=True), ticket


def _have_found(uow: TranscriptUnitOfWork, recording: RecordedFile, ticket: str | None) -> None:
    """Have the ticket found by the words as they are now, and tell whoever looks at them."""
    if ticket is not None:
        uow.transcripts.find_by_words(ticket)
    _tell(uow, recording)


def _tell(uow: TranscriptUnitOfWork, recording: RecordedFile) -> None:
    uow.notify(CALLS_CHANNEL, recording.linkedid)
    if recording.ticket is not None:
        uow.notify(TICKETS_CHANNEL, recording.ticket)
