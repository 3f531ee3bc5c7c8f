"""One recording, from its row to its row: count the try, read the file, understand it, store the result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from callcenter.domain.transcripts import Obstacle, SpokenWord, TranscriptState
from callcenter.services import transcripts as use_cases
from callcenter.services.transcripts import TranscriptUnitOfWork
from transcripts.audio import read_audio
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import AudioUnreadable, EngineFailed, ModelMissing, TranscriptsError

log = logging.getLogger(__name__)


class CommittingUnitOfWork(TranscriptUnitOfWork, Protocol):
    """A unit of work that we, at the boundary, commit."""

    def commit(self) -> None: ...


UnitsOfWork = Callable[[], AbstractContextManager[CommittingUnitOfWork]]
Chooser = Callable[[str], Recogniser]
"""A language's recogniser; raises ModelMissing, whose message tells what to do."""


def _now() -> datetime:
    return datetime.now(UTC)


def transcribe_recording(
    recording_id: int,
    *,
    units: UnitsOfWork,
    recordings: Path,
    choose: Chooser,
    now: Callable[[], datetime] = _now,
) -> None:
    """Transcribe a recording, unless that is done. What goes wrong is in its row afterwards.

    No transaction is open while the recogniser works. Raises DatabaseUnavailable: the row stays as it is.
    """
    with units() as uow:
        found = uow.transcripts.get(recording_id)
    if found is None or found.state in (TranscriptState.DONE, TranscriptState.EMPTY):
        return
    about = {"recording": recording_id, "linkedid": found.recording.linkedid}
    try:
        recogniser = choose(found.recording.language)
    except ModelMissing as error:
        _store_failure(units, recording_id, Obstacle.MODEL, str(error), now())
        log.warning("no model for %(recording)s of call %(linkedid)s", about)
        return
    with units() as uow:
        begun = use_cases.begin_transcription(uow, recording_id, now=now())
        uow.commit()
    if begun is None:
        return
    try:
        transcript = recogniser.transcribe(read_audio(recordings / found.recording.path))
    except TranscriptsError as error:
        obstacle = Obstacle.AUDIO if isinstance(error, AudioUnreadable) else Obstacle.ENGINE
        _store_failure(units, recording_id, obstacle, str(error), now())
        log.warning("recording %(recording)s of call %(linkedid)s not transcribed", about)
        return
    except Exception as error:
        # A recogniser is foreign code: whatever it does, the row tells, and the next recording has its turn.
        _store_failure(
            units, recording_id, Obstacle.ENGINE, f"{EngineFailed()} ({type(error).__name__})", now()
        )
        log.exception("recording %(recording)s of call %(linkedid)s not transcribed", about)
        return
    _store(units, recording_id, transcript, now())
    log.info("recording %(recording)s of call %(linkedid)s transcribed", about)


def _store(units: UnitsOfWork, recording_id: int, transcript: Transcript, at: datetime) -> None:
    words = [
        SpokenWord(word=word.word, start_s=word.start_s, end_s=word.end_s, confidence=word.confidence)
        for word in transcript.words
    ]
    with units() as uow:
        use_cases.record_transcript(
            uow,
            recording_id,
            text=transcript.text,
            engine=transcript.engine,
            model=transcript.model,
            words=words,
            now=at,
        )
        uow.commit()


def _store_failure(
    units: UnitsOfWork, recording_id: int, obstacle: Obstacle, reason: str, at: datetime
) -> None:
    with units() as uow:
        use_cases.record_failure(uow, recording_id, obstacle=obstacle, reason=reason, now=at)
        uow.commit()
