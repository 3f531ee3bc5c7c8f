"""What every recogniser is: audio in, text with timed words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from transcripts.audio import Audio


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with its place in the audio, in seconds, and the engine's confidence, 0..1."""

    word: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was understood; `text` is empty when nothing was. `seconds` is the length of the audio."""

    text: str
    engine: str
    model: str
    seconds: float
    words: tuple[Word, ...] = ()


class Recogniser(Protocol):
    """A speech recogniser for one language. It may be used by one thread at a time."""

    @property
    def engine(self) -> str:
        """`vosk`, `vosk-server` or `whisper`."""

    @property
    def model(self) -> str:
        """The model's name in the catalogue; the server's address for `vosk-server`."""

    def transcribe(self, audio: Audio) -> Transcript:
        """Understand the audio. Chinese comes in Simplified characters; numerals stand as they are.

        Raises EngineFailed.
        """
