"""A caller's message as a page shows it: the recording, its words, and which of them are doubtful."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import Call
from callcenter.domain.transcripts import StoredTranscript

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

    @classmethod
    def of(cls, stored: StoredTranscript, call: Call | None) -> Message:
        """The message behind a stored recording."""
        said = {recording.path: recording for recording in call.recordings} if call else {}
        own = said.get(stored.recording.path)
        return cls(
            id=stored.recording_id,
            started_at=own.started_at if own else stored.recording.created_at,
            seconds=stored.recording.seconds,
            confirmed=own.confirmed if own else None,
            state=stored.state.value,
            lang="zh-CN" if stored.recording.language == "zh" else "en",
            text=stored.reading,
            corrected=stored.corrected is not None,
            words=words_of(stored),
        )


def words_of(stored: StoredTranscript) -> tuple[Word, ...]:
    """The machine's words with their doubts; none once a person has corrected the text."""
    if stored.corrected is not None or not stored.words:
        return ()
    gap = "" if stored.recording.language == "zh" else " "
    return tuple(
        Word(text=word.word.strip(), gap=gap, start_s=word.start_s, unsure=word.confidence < DOUBTFUL)
        for word in stored.words
    )
