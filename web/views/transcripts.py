"""A caller's message as a page shows it: the recording, its words, and which of them are doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import Call
from callcenter.domain.transcripts import Correction, StoredTranscript, TranscriptState

DOUBTFUL = 0.5
"""Words below this confidence (0..1) are marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, what stands after it, where it is in the recording, and whether to doubt it."""

    text: str
    gap: str
    start_s: float
    unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One recording. `confirmed` is None where the call does not say."""

    id: int
    started_at: datetime
    seconds: float | None
    confirmed: bool | None
    state: str
    lang: str
    text: str
    corrected: bool
    words: tuple[Word, ...]
    machine_text: str = ""
    cause: str | None = None
    remarks: tuple[str, ...] = ()
    progress: int | None = None
    """Per cent of a recording in several parts."""
    version: int = 0
    history: tuple[Correction, ...] = ()
    """What people made of it, newest first."""

    @classmethod
    def of(cls, stored: StoredTranscript, call: Call | None, history: Sequence[Correction] = ()) -> Message:
        """The message behind a stored recording."""
        said = {recording.path: recording for recording in call.recordings} if call else {}
        own = said.get(stored.recording.path)
        return cls(
            id=stored.recording_id,
            started_at=own.started_at if own else stored.recording.created_at,
            seconds=stored.recording.seconds,
            confirmed=own.confirmed if own else None,
            state=stored.state.value,
            lang="zh-CN" if stored.language == "zh" else "en",
            text=stored.reading,
            corrected=stored.corrected is not None,
            words=words_of(stored),
            machine_text=stored.text,
            cause=stored.cause.value if stored.cause and stored.state in _UNWRITTEN else None,
            remarks=tuple(remark.value for remark in stored.remarks),
            progress=_progress(stored),
            version=stored.version,
            history=tuple(reversed(history)),
        )


_UNWRITTEN = (TranscriptState.EMPTY, TranscriptState.FAILED)


def _progress(stored: StoredTranscript) -> int | None:
    if stored.state is not TranscriptState.PENDING or not stored.done_s or not stored.total_s:
        return None
    return min(99, round(100 * stored.done_s / stored.total_s))


def words_of(stored: StoredTranscript) -> tuple[Word, ...]:
    """The machine's words with their doubts; none once a person has corrected the text."""
    if stored.corrected is not None or not stored.words:
        return ()
    gap = "" if stored.language == "zh" else " "
    return tuple(
        Word(text=word.word.strip(), gap=gap, start_s=word.start_s, unsure=word.confidence < DOUBTFUL)
        for word in stored.words
    )
