"""A recording, what was understood of it and why not, and when a transcription that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ATTEMPTS = 5
"""Times that a part of a recording is begun without any outcome, before it counts as failed: what ends the
worker itself."""

FAILURES = 2
"""Failures of one part after which a transcription has failed: once here, and once elsewhere."""

RETRY_AFTER = timedelta(seconds=10)
"""From a failure to the second try: what took the memory may be gone by then."""


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


URGENCY = {Purpose.MESSAGE: 2, Purpose.BRIEFING: 1, Purpose.CALL_BACK: 0}
"""What is transcribed first: somebody waits for an answer to a message, nobody for the words of a call."""


class Obstacle(StrEnum):
    """What a failed transcription waits for: a model can appear, the others have been tried often enough."""

    MODEL = "model"
    AUDIO = "audio"
    ENGINE = "engine"


class Cause(StrEnum):
    """Why there is no text: the first group leaves a recording `empty`, the second one `failed`."""

    NOTHING_RECORDED = "nothing_recorded"
    SILENT = "silent"
    NOISE = "noise"
    TONE = "tone"
    LINE_TONE = "line_tone"
    KEYS = "keys"
    FAX = "fax"
    MUSIC = "music"
    OWN_PROMPT = "own_prompt"
    OTHER_LANGUAGE = "other_language"
    UNINTELLIGIBLE = "unintelligible"

    FILE_MISSING = "file_missing"
    FILE_REFUSED = "file_refused"
    UNREADABLE = "unreadable"
    NO_MODEL = "no_model"
    ENGINE_FAILED = "engine_failed"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    TOO_SLOW = "too_slow"
    GAVE_UP = "gave_up"


TELLING = (
    Cause.OTHER_LANGUAGE,
    Cause.UNINTELLIGIBLE,
    Cause.OWN_PROMPT,
    Cause.FAX,
    Cause.MUSIC,
    Cause.LINE_TONE,
    Cause.KEYS,
    Cause.TONE,
    Cause.NOISE,
    Cause.SILENT,
    Cause.NOTHING_RECORDED,
)
"""Why a recording is empty, by how much it says: of several parts the first of these counts."""

OBSTACLES = {
    Cause.NO_MODEL: Obstacle.MODEL,
    Cause.FILE_MISSING: Obstacle.AUDIO,
    Cause.FILE_REFUSED: Obstacle.AUDIO,
    Cause.UNREADABLE: Obstacle.AUDIO,
}
"""What a failure waits for; every other one is the engine's."""

ONCE_MORE = frozenset(
    {Cause.FILE_MISSING, Cause.ENGINE_FAILED, Cause.CRASHED, Cause.OUT_OF_MEMORY, Cause.TOO_SLOW}
)
"""What may go better elsewhere, or a little later; a broken file stays broken."""


class Remark(StrEnum):
    """What a reader has to know of a text beside it."""

    CLIPPED = "clipped"
    CUT_OFF = "cut_off"
    DAMAGED = "damaged"
    SOUNDS_LIKE_ZH = "sounds_like_zh"
    SOUNDS_LIKE_EN = "sounds_like_en"
    PARTLY = "partly"


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
class SpokenPart:
    """What was understood of a recording from `start_s` to before `end_s`; `cause` tells why there is no text."""

    start_s: float
    end_s: float
    text: str
    words: tuple[SpokenWord, ...]
    engine: str
    model: str
    language: str
    cause: Cause | None = None
    detail: str | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a person wants a recording transcribed again; None: as the desk would."""

    language: str | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTranscript:
    """What is known of a recording's words. `corrected` is what a person made of `text`.

    `attempts` begun since the last part was done, `failures` of the part that is next. `reason` is for the log of
    whoever runs the desk, `cause` for those who work with it. `version` counts the corrections.
    """

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
    corrected_at: datetime | None = None
    version: int = 0
    cause: Cause | None = None
    remarks: tuple[Remark, ...] = ()
    spoken: str | None = None
    failures: int = 0
    done_s: float = 0.0
    total_s: float | None = None
    asked: Asked = Asked()

    @property
    def reading(self) -> str:
        """The text to show: a person's correction, else the machine's."""
        return self.text if self.corrected is None else self.corrected

    @property
    def language(self) -> str:
        """What was spoken, as far as it is known: else the language of the call."""
        return self.spoken or self.asked.language or self.recording.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One change of a transcript by a person; `text` None takes it back to the machine's words."""

    version: int
    text: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What the parts of a recording are together."""

    text: str
    words: tuple[SpokenWord, ...]
    engine: str
    model: str
    language: str
    cause: Cause | None
    detail: str | None
    remarks: tuple[Remark, ...]


def together(parts: list[SpokenPart]) -> Whole:
    """The parts of a recording, in order, as one; there is at least one. Without any text the most telling cause."""
    spoken = [part for part in parts if part.text]
    last = (spoken or parts)[-1]
    languages = [part.language for part in spoken]
    silent = min(
        (part for part in parts if part.cause), key=lambda part: TELLING.index(_telling(part)), default=None
    )
    text = ""
    for part in spoken:
        joint = " " if text and not (part.language == "zh" and languages[0] == "zh") else ""
        text += joint + part.text
    remarks = {remark for part in parts for remark in part.remarks}
    return Whole(
        text=text,
        words=tuple(word for part in parts for word in part.words),
        engine=last.engine,
        model=last.model,
        language=max(languages, key=languages.count, default=last.language),
        cause=silent.cause if silent is not None and not text else None,
        detail=silent.detail if silent is not None and not text else None,
        remarks=tuple(remark for remark in Remark if remark in remarks),
    )


def _telling(part: SpokenPart) -> Cause:
    return part.cause if part.cause in TELLING else Cause.UNINTELLIGIBLE
