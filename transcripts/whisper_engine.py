"""Whisper through faster-whisper: CPU, int8, one thread, files of this machine only."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from transcripts.audio import Audio
from transcripts.engine import Transcript, Word
from transcripts.errors import EngineFailed
from transcripts.text import tidy, without_stutter

THREADS = 1
"""Of two cores, calls keep one."""

PROMPTS = {"zh": "以下是普通话的句子。", "en": None}
"""Said beforehand, it brings Simplified characters and punctuation."""

NO_SPEECH = 0.6
SURE_LOGPROB = -0.7
DOUBTFUL_LOGPROB = -1.0
COMPRESSION = 2.4
"""Over NO_SPEECH and under SURE_LOGPROB it is silence; what compresses better than COMPRESSION goes round in
circles; under DOUBTFUL_LOGPROB it is guesswork. Understood speech, telephone noise included, has -0.5 and better."""

TEMPERATURES = (0.0, 0.2, 0.4)
"""What is not understood with a little freedom is not understood: beyond these Whisper makes up sentences."""

VOICE = {"threshold": 0.3, "min_silence_duration_ms": 2000, "speech_pad_ms": 600}
"""When the voice detector hears a voice. At its own threshold, 0.5, it cuts whole sentences out of what deep voices say
over a telephone, and nobody would see that they are missing; what is let through and is no speech fails `heard`."""

_INVENTIONS = re.compile(
    r"字幕|請不吝|请不吝|點贊|点赞|打賞|打赏|明鏡|明镜|謝謝(觀看|大家|收看)|谢谢(观看|收看)|優優獨播|优优独播"
    r"|thanks? (you )?for watching|subtitles? by|amara\.org",
    re.IGNORECASE,
)
"""What Whisper has learnt from subtitles and writes when it hears nothing. No caller says it to a desk."""


class WhisperEngine:
    """A Whisper model, for one language."""

    engine = "whisper"

    def __init__(self, folder: Path, model: str, language: str) -> None:
        self.model = model
        self._folder = folder
        self._language = language

    def transcribe(self, audio: Audio) -> Transcript:
        """See Recogniser. Unintelligible audio, and an echo of our own prompt, give an empty text."""
        if audio.silent:
            return self._transcript(audio, [])
        loaded, lock = load(self._folder)
        prompt = PROMPTS.get(self._language)
        try:
            with lock:
                segments, _about = loaded.transcribe(
                    audio.samples,
                    language=self._language,
                    initial_prompt=prompt,
                    beam_size=5,
                    temperature=TEMPERATURES,
                    condition_on_previous_text=False,
                    word_timestamps=True,
                    vad_filter=True,
                    vad_parameters=VOICE,
                )
                kept = [segment for segment in segments if heard(segment, prompt)]
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"Whisper failed: {error}") from error
        return self._transcript(audio, kept)

    def _transcript(self, audio: Audio, segments: Iterable[Any]) -> Transcript:
        segments = list(segments)
        separator = "" if self._language == "zh" else " "
        text = tidy(separator.join(segment.text.strip() for segment in segments), self._language)
        kept = without_stutter(text)
        words = [word for segment in segments for word in segment.words or ()]
        if kept != text:
            unit = text[-1]
            while words and set(str(words[-1].word).strip()) <= {unit, "\ufffd"}:
                words.pop()
        return Transcript(
            text=kept,
            engine=self.engine,
            model=self.model,
            seconds=round(audio.seconds, 3),
            words=tuple(
                Word(
                    word=tidy(word.word, self._language),
                    start_s=round(float(word.start), 3),
                    end_s=round(float(word.end), 3),
                    confidence=round(min(max(float(word.probability), 0.0), 1.0), 3),
                )
                for word in words
            ),
        )


def heard(segment: Any, prompt: str | None) -> bool:
    """Whether Whisper heard this, rather than made it up."""
    if segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < SURE_LOGPROB:
        return False
    if segment.compression_ratio > COMPRESSION or segment.avg_logprob < DOUBTFUL_LOGPROB:
        return False
    said, echo = _letters(segment.text), _letters(prompt or "")
    echoed = bool(echo) and (said in echo or echo in said)
    return bool(said) and not echoed and not _INVENTIONS.search(segment.text)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


@lru_cache(maxsize=2)
def load(folder: Path) -> tuple[Any, threading.Lock]:
    """The model, once for the process whatever the language, and the lock of who uses it."""
    from faster_whisper import WhisperModel

    try:
        model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineFailed(f"the Whisper model does not load: {error}") from error
    return model, threading.Lock()
