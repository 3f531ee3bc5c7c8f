"""Reads utterances while they are spoken: Vosk as a stream, Whisper again and again over a window that is short.

Whisper is made for windows of thirty seconds; its encoder takes shorter ones as well, and then costs in proportion
(base, one core: 0.1 s for 8 s instead of 0.9 s). The decoder is cheap for the few words of an utterance.
"""

from __future__ import annotations

import json
import zlib
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from callcenter.sound.samples import Samples
from callcenter.sound.shape import resample
from callcenter.sound.wav import pcm16
from transcripts.audio import RATE_HZ
from transcripts.engine import Recogniser
from transcripts.errors import EngineFailed
from transcripts.live_text import without_loop
from transcripts.live_voice import RATE_HZ as LINE_HZ
from transcripts.live_voice import Utterance
from transcripts.text import tidy, without_stutter
from transcripts.whisper_engine import PROMPTS, heard

LOOP = 7
"""Tokens that never come twice in the same order: Whisper in a loop."""
PADDING_S = 1.0
"""Of silence behind the sound: without it Whisper goes on and on."""
TOKENS_S, TOKENS = 7, 10
"""What can be said in a second, and at the least."""


class Reader(Protocol):
    """Reads the utterances of one leg, one at a time, as often as it is asked."""

    def read(self, utterance: Utterance) -> str:
        """What is understood so far; of an utterance that is over, all of it. Raises EngineFailed."""


class WhisperReader:
    """Whisper over the utterance as far as it has come."""

    def __init__(self, folder: Path, language: str) -> None:
        from transcripts.whisper_engine import load

        self._model, self._lock = load(folder)
        self._language = language

    def read(self, utterance: Utterance) -> str:
        """See Reader."""
        from faster_whisper.tokenizer import Tokenizer

        model, prompt = self._model, PROMPTS.get(self._language)
        if not utterance.samples:
            return ""
        sound = wide(utterance.samples)
        frames = int((len(sound) / RATE_HZ + PADDING_S) * 50) * 2
        most = TOKENS + int(TOKENS_S * utterance.seconds)
        try:
            with self._lock:
                tokenizer = Tokenizer(model.hf_tokenizer, True, task="transcribe", language=self._language)
                features = model.feature_extractor(np.pad(sound, (0, int(PADDING_S * RATE_HZ))))[:, :frames]
                before = tokenizer.encode(" " + prompt) if prompt else []
                start = model.get_prompt(tokenizer, before, without_timestamps=True)
                result = model.model.generate(
                    model.encode(features),
                    [start],
                    beam_size=1,
                    no_repeat_ngram_size=LOOP,
                    max_length=most + max(most, len(start)),
                    return_scores=True,
                    return_no_speech_prob=True,
                    sampling_temperature=0.0,
                )[0]
                text = tokenizer.decode([each for each in result.sequences_ids[0] if each < tokenizer.eot])
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"Whisper failed: {error}") from error
        text = without_loop(tidy(text.replace("\ufffd", ""), self._language))
        reading = _Reading(
            text=text, avg_logprob=float(result.scores[0]), no_speech_prob=float(result.no_speech_prob)
        )
        return text if heard(reading, prompt) and without_stutter(text) == text else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A reading as `transcripts.whisper_engine.heard` judges it."""

    text: str
    avg_logprob: float
    no_speech_prob: float

    @property
    def compression_ratio(self) -> float:
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw))


class VoskReader:
    """Vosk, which takes each sample once. `make` gives a new KaldiRecognizer for RATE_HZ."""

    def __init__(self, make: Any, language: str) -> None:
        self._make = make
        self._language = language
        self._number = 0
        self._fed = 0
        self._recogniser: Any = None
        self._done: list[str] = []

    def read(self, utterance: Utterance) -> str:
        """See Reader."""
        if utterance.number != self._number:
            self._recogniser, self._number, self._fed, self._done = self._make(), utterance.number, 0, []
        is_over, samples = utterance.is_over, utterance.samples[self._fed :]
        self._fed += len(samples)
        if self._recogniser.AcceptWaveform(pcm16(wide(samples))):
            self._done.append(_text(self._recogniser.Result()))
        last = self._recogniser.FinalResult() if is_over else self._recogniser.PartialResult()
        return tidy(" ".join(filter(None, [*self._done, _text(last)])), self._language)


def _text(result: str) -> str:
    found = json.loads(result)
    return str(found.get("text") or found.get("partial") or "")


def reader(recogniser: Recogniser, folder: Path, language: str) -> Reader | None:
    """The live form of a language's recogniser, whose model lies in `folder`; None if it has none.

    Raises EngineFailed if the model does not load.
    """
    if recogniser.engine == "whisper":
        return WhisperReader(folder, language)
    if recogniser.engine == "vosk":
        from vosk import KaldiRecognizer

        from transcripts import vosk_engine

        model = vosk_engine._load(folder)
        return VoskReader(lambda: KaldiRecognizer(model, RATE_HZ), language)
    return None


def wide(samples: array[int]) -> Samples:
    """Samples of the line at RATE_HZ, as floats; of a copy, because the leg's thread goes on adding to them."""
    narrow: Samples = (np.frombuffer(samples.tobytes(), dtype="<i2") / 32768).astype(np.float32)
    return resample(narrow, LINE_HZ, RATE_HZ) if len(narrow) else narrow
