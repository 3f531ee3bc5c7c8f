"""Use cases of transcripts: which recordings wait, what became of them, a person's correction.

The row is the truth: a recording is transcribed because its row says `pending`, whatever became of a job.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from callcenter.domain.transcripts import (
    ATTEMPTS,
    Obstacle,
    RecordedFile,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
    wait_before_retry,
)
from callcenter.services.ports import CALLS_CHANNEL, TICKETS_CHANNEL


class TranscriptRepository(Protocol):
    """Recordings with their transcripts; see `callcenter.db.transcripts`."""

    def add(self, recording: RecordedFile) -> int: ...
    def get(self, recording_id: int, *, lock: bool = False) -> StoredTranscript | None: ...
    def due(self, now: datetime, languages: Collection[str], limit: int) -> list[int]: ...
    def of_ticket(self, number: str) -> StoredTranscript | None: ...
    def of_tickets(self, numbers: Collection[str]) -> dict[str, StoredTranscript]: ...
    def of_call(self, linkedid: str) -> list[StoredTranscript]: ...
    def begin(self, recording_id: int, *, attempts: int, retry_at: datetime, at: datetime) -> None: ...
    def settle(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        at: datetime,
        text: str = "",
        engine: str = "",
        model: str = "",
        words: Sequence[SpokenWord] = (),
    ) -> None: ...
    def put_off(
        self,
        recording_id: int,
        *,
        state: TranscriptState,
        obstacle: Obstacle,
        reason: str,
        retry_at: datetime | None,
        at: datetime,
    ) -> None: ...
    def correct(self, recording_id: int, *, text: str, by: str, at: datetime) -> None: ...


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
) -> list[int]:
    """Recordings to transcribe now, oldest first.

    Pending ones whose time has come, and those that failed for want of a model in a language that has one by
    now (`languages`).
    """
    return uow.transcripts.due(now, languages, limit)


def record_transcript(
    uow: TranscriptUnitOfWork,
    recording_id: int,
    *,
    text: str,
    engine: str,
    model: str,
    words: Sequence[SpokenWord],
    now: datetime,
) -> None:
    """Store what was understood; nothing understood is `empty`. A recording that is gone is passed over."""
    found = uow.transcripts.get(recording_id, lock=True)
    if found is None:
        return
    state = TranscriptState.DONE if text else TranscriptState.EMPTY
    uow.transcripts.settle(
        recording_id, state=state, text=text, engine=engine, model=model, words=words, at=now
    )
    _tell(uow, found.recording)


def begin_transcription(
    uow: TranscriptUnitOfWork, recording_id: int, *, now: datetime
) -> StoredTranscript | None:
    """Count a try before it is made, so that one that kills the process counts as well; None: nothing to do.

    A recording whose every try ended without a word of it is `failed`.
    """
    found = uow.transcripts.get(recording_id, lock=True)
    if found is None or found.state in (TranscriptState.DONE, TranscriptState.EMPTY):
        return None
    if found.attempts >= ATTEMPTS:
        reason = found.reason or "the recogniser ended without a result each time"
        _fail(uow, found, Obstacle.ENGINE, reason, now)
        return None
    attempts = found.attempts + 1
    uow.transcripts.begin(recording_id, attempts=attempts, retry_at=now + wait_before_retry(attempts), at=now)
    return found


def record_failure(
    uow: TranscriptUnitOfWork, recording_id: int, *, obstacle: Obstacle, reason: str, now: datetime
) -> None:
    """Store why it did not work. It stays `pending` while there is another try to come, then it is `failed`.

    For want of a model it is `failed` at once, and is taken up again when a model is there.
    """
    found = uow.transcripts.get(recording_id, lock=True)
    if found is None or found.state in (TranscriptState.DONE, TranscriptState.EMPTY):
        return
    if obstacle is Obstacle.MODEL or found.attempts >= ATTEMPTS:
        _fail(uow, found, obstacle, reason, now)
        return
    uow.transcripts.put_off(
        recording_id,
        state=TranscriptState.PENDING,
        obstacle=obstacle,
        reason=reason,
        retry_at=now + wait_before_retry(max(found.attempts, 1)),
        at=now,
    )


def _fail(
    uow: TranscriptUnitOfWork, found: StoredTranscript, obstacle: Obstacle, reason: str, now: datetime
) -> None:
    uow.transcripts.put_off(
        found.recording_id,
        state=TranscriptState.FAILED,
        obstacle=obstacle,
        reason=reason,
        retry_at=None,
        at=now,
    )
    _tell(uow, found.recording)


def correct_transcript(
    uow: TranscriptUnitOfWork, recording_id: int, *, text: str, by: str, now: datetime
) -> None:
    """Put a person's words beside the machine's, which are kept; `by` is an extension."""
    found = uow.transcripts.get(recording_id, lock=True)
    if found is not None:
        uow.transcripts.correct(recording_id, text=text, by=by, at=now)
        _tell(uow, found.recording)


def _tell(uow: TranscriptUnitOfWork, recording: RecordedFile) -> None:
    uow.notify(CALLS_CHANNEL, recording.linkedid)
    if recording.ticket is not None:
        uow.notify(TICKETS_CHANNEL, recording.ticket)
