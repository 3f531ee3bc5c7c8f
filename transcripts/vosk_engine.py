"""Vosk in this process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from transcripts.audio import RATE_HZ, Audio
from transcripts.engine import Transcript
from transcripts.errors import EngineFailed
from transcripts.vosk_results import VoskResults

CHUNK_BYTES = RATE_HZ // 4 * 2
"""A quarter of a second at a time."""


class VoskEngine:
    """A Vosk model."""

    engine = "vosk"

    def __init__(self, folder: Path, model: str, language: str) -> None:
        self.model = model
        self._folder = folder
        self._language = language

    def transcribe(self, audio: Audio) -> Transcript:
        """See Recogniser."""
        results = VoskResults()
        if not audio.silent:
            from vosk import KaldiRecognizer

            recogniser = KaldiRecognizer(_load(self._folder), RATE_HZ)
            recogniser.SetWords(True)
            data = audio.pcm16()
            for start in range(0, len(data), CHUNK_BYTES):
                if recogniser.AcceptWaveform(data[start : start + CHUNK_BYTES]):
                    results.add(recogniser.Result())
            results.add(recogniser.FinalResult())
        return results.transcript(self, audio, self._language)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Any:
    from vosk import Model, SetLogLevel

    SetLogLevel(-1)
    try:
        return Model(str(folder))
    except Exception as error:  # Vosk raises nothing narrower
        raise EngineFailed("the Vosk model does not load: fetch it again") from error
