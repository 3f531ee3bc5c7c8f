"""A recogniser for tests: it says what it was told to, or fails as it was told to."""

from __future__ import annotations

from transcripts.audio import Audio
from transcripts.engine import Transcript, Word


class FakeRecogniser:
    """Understands the same in everything that is not silent; `error` is raised instead if given."""

    engine = "fake"
    model = "none"

    def __init__(self, text: str = "", error: Exception | None = None) -> None:
        self._text = text
        self._error = error
        self.heard = 0

    def transcribe(self, audio: Audio) -> Transcript:
        self.heard += 1
        if self._error is not None:
            raise self._error
        text = "" if audio.silent else self._text
        words = (Word(word=text, start_s=0.0, end_s=audio.seconds, confidence=1.0),) if text else ()
        return Transcript(text=text, engine=self.engine, model=self.model, seconds=audio.seconds, words=words)
