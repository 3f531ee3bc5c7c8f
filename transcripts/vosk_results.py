"""Vosk's results, the same in process and from a server: JSON documents with a text and timed words."""

from __future__ import annotations

import json
from typing import Any

from transcripts.audio import Audio
from transcripts.engine import Recogniser, Transcript, Word
from transcripts.errors import EngineFailed
from transcripts.text import tidy


class VoskResults:
    """Gathers the results of the parts of one audio; a part ends where the speaker pauses."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._words: list[Word] = []

    def add(self, document: str | bytes) -> None:
        """Take one answer; partial ones say nothing yet. Raises EngineFailed for what Vosk never says."""
        try:
            answer = json.loads(document)
            if "error" in answer:
                raise EngineFailed(f"Vosk failed: {answer['error']}")
            text = str(answer.get("text", ""))
            words = [_word(entry) for entry in answer.get("result", ())] if text else []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineFailed("Vosk's answer makes no sense") from error
        if text:
            self._texts.append(text)
            self._words += words

    def transcript(self, recogniser: Recogniser, audio: Audio, language: str) -> Transcript:
        """All parts together."""
        return Transcript(
            text=tidy(" ".join(self._texts), language),
            engine=recogniser.engine,
            model=recogniser.model,
            seconds=round(audio.seconds, 3),
            words=tuple(self._words),
        )


def _word(entry: Any) -> Word:
    confidence = min(max(float(entry.get("conf", 0.0)), 0.0), 1.0)
    return Word(
        word=str(entry["word"]),
        start_s=float(entry["start"]),
        end_s=float(entry["end"]),
        confidence=confidence,
    )
