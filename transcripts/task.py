"""One recording, from its row to its row: count the try, read the file, understand it, store the result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from callcenter.domain.transcripts import Cause, SpokenPart, StoredTranscript
from callcenter.services import transcripts as use_cases
from callcenter.services.transcripts import TranscriptUnitOfWork
from transcripts.errors import EngineFailed, TranscriptsError
from transcripts.listening import Heard, Request

log = logging.getLogger(__name__)


class CommittingUnitOfWork(TranscriptUnitOfWork, Protocol):
    """A unit of work that we, at the boundary, commit."""

    def commit(self) -> None: ...


UnitsOfWork = Callable[[], AbstractContextManager[CommittingUnitOfWork]]
Listener = Callable[[Request], Heard]
"""Understands one part; raises TranscriptsError."""


def _now() -> datetime:
    return datetime.now(UTC)


def transcribe_recording(
    recording_id: int,
    *,
    units: UnitsOfWork,
    recordings: Path,
    listen: Listener,
    counted: bool = True,
    now: Callable[[], datetime] = _now,
) -> None:
    """Transcribe a recording part by part, unless that is done, until something more urgent comes.

    What goes wrong is in its row afterwards. No transaction is open while the recogniser works. Raises
    DatabaseUnavailable: the row stays as it is; the next try is not `counted`.
    """
    goes_on = True
    while goes_on:
        with units() as uow:
            begun = use_cases.begin_transcription(uow, recording_id, now=now(), counted=counted)
            uow.commit()
        if begun is None:
            return
        goes_on, counted = _one_part(*begun, units, recordings, listen, now), True


def _one_part(
    found: StoredTranscript,
    before: list[SpokenPart],
    units: UnitsOfWork,
    recordings: Path,
    listen: Listener,
    now: Callable[[], datetime],
) -> bool:
    """Understand and store the next part; whether to go on with the one after."""
    recording_id = found.recording_id
    about = {"recording": recording_id, "linkedid": found.recording.linkedid}
    settled = next((part.language for part in before if part.text), None)
    request = Request(
        folder=recordings,
        name=found.recording.path,
        start_s=found.done_s,
        language=found.asked.language or settled or found.recording.language,
        sure=found.asked.language is not None or settled is not None,
        engine=found.asked.engine,
        elsewhere=found.failures > 0,
    )
    try:
        heard = listen(request)
    except TranscriptsError as error:
        log.warning("recording %(recording)s of call %(linkedid)s not transcribed", about)
        return _store_failure(units, recording_id, error.cause, str(error), now())
    except Exception as error:
        # A recogniser is foreign code: whatever it does, the row tells, and the next recording has its turn.
        log.exception("recording %(recording)s of call %(linkedid)s not transcribed", about)
        reason = f"{EngineFailed()} ({type(error).__name__})"
        return _store_failure(units, recording_id, Cause.ENGINE_FAILED, reason, now())
    with units() as uow:
        if heard.last:
            use_cases.record_transcript(uow, recording_id, heard.part, total_s=heard.total_s, now=now())
        else:
            goes_on = use_cases.record_part(uow, recording_id, heard.part, total_s=heard.total_s, now=now())
        uow.commit()
    if not heard.last:
        return goes_on
    log.info("recording %(recording)s of call %(linkedid)s transcribed", about)
    return False


def _store_failure(units: UnitsOfWork, recording_id: int, cause: Cause, reason: str, at: datetime) -> bool:
    with units() as uow:
        use_cases.record_failure(uow, recording_id, cause=cause, reason=reason, now=at)
        uow.commit()
    return False
