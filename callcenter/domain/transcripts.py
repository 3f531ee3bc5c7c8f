"""A recording, what was understood of it, and when a transcription that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ATTEMPTS = 5
"""Tries before a transcription counts as failed."""

_FIRST_WAIT = timedelta(seconds=10)


class TranscriptState(StrEnum):
    """`empty`: nothing intelligible was said. `failed`: see the reason; a model can appear later."""

    PENDING = "pending"
    DONE = "done"
    EMPTY = "empty"
    FAILED = "failed"


class Purpose(StrEnum):
    """What a recording is for."""

    MESSAGE = "message"
    BRIEFING = "briefing"
    CALL_BACK = "call_back"


class Obstacle(StrEnum):
    """What a failed transcription waits for: a model can appear, the others have been tried often enough."""

    MODEL = "model"
    AUDIO = "audio"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """A finished sound file; `path` is unique and relative to the recordings folder, `seconds` its length."""

    linkedid: str
    path: str
    purpose: Purpose
    language: str
    created_at: datetime
    ticket: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word with its place in the recording, in seconds, and the engine's confidence, 0..1."""

    word: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTranscript:
    """What is known of a recording's words. `corrected` is what a person made of `text`."""

    recording_id: int
    recording: RecordedFile
    state: TranscriptState
    text: str
    engine: str
    model: str
    words: tuple[SpokenWord, ...]
    reason: str | None
    attempts: int
    corrected: str | None
    corrected_by: str | None
    updated_at: datetime

    @property
    def reading(self) -> str:
        """The text to show: a person's correction, else the machine's."""
        return self.text if self.corrected is None else self.corrected


def wait_before_retry(attempts: int) -> timedelta:
    """Time from the start of a try to the next one: 10 s after the first, then each time four times that."""
    wait: timedelta = _FIRST_WAIT * 4 ** (attempts - 1)
    return wait
