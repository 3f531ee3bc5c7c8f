"""Which language is spoken, as Whisper hears it; without a Whisper model nobody knows."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.runtime.models import store
from callcenter.settings import Settings
from transcripts.audio import Audio
from transcripts.errors import EngineFailed
from transcripts.whisper_engine import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A language (ISO 639) and how probable it is, 0..1."""

    language: str
    probability: float


def guess(settings: Settings, audio: Audio) -> Guess | None:
    """The most probable language of the first half minute of speech. Raises EngineFailed."""
    model = next((model for model in store.all_installed(settings) if model.engine == "whisper"), None)
    if model is None:
        return None
    loaded, lock = load(store.folder(settings) / model.name)
    try:
        with lock:
            language, probability, _all = loaded.detect_language(audio.samples, vad_filter=True)
    except (RuntimeError, ValueError) as error:
        raise EngineFailed(f"Whisper failed: {error}") from error
    return Guess(language=language, probability=float(probability))
