"""Which recogniser a language gets: what is set, what is installed, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callcenter.runtime.models import store
from callcenter.settings import Settings
from transcripts.engine import Recogniser
from transcripts.vosk_engine import VoskEngine
from transcripts.vosk_server import VoskServerEngine
from transcripts.whisper_engine import WhisperEngine

LANGUAGES = ("zh", "en")

DEFAULT = "whisper-base"
"""The model that set-up fetches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageStatus:
    """Whether a language has what it needs, and which recogniser or what to do."""

    language: str
    ok: bool
    detail: str


def status(settings: Settings | None = None) -> list[LanguageStatus]:
    """The recogniser of each language; one that is switched off has what it needs."""
    settings = settings or Settings()
    found = []
    for language in LANGUAGES:
        recogniser = choose(settings, language)
        ok = recogniser is not None or _setting(settings, language) == "off"
        detail = f"{recogniser.engine}, {recogniser.model}" if recogniser else why_none(settings, language)
        found.append(LanguageStatus(language=language, ok=ok, detail=detail))
    return found


def complete(settings: Settings) -> bool:
    """Whether every language has a recogniser or is switched off."""
    return all(state.ok for state in status(settings))


def available(settings: Settings, language: str) -> bool:
    """Whether `choose` has a recogniser for the language; loads nothing."""
    return choose(settings, language) is not None


def choose(settings: Settings, language: str) -> Recogniser | None:
    """The language's recogniser, None if it is off or its model is missing. It loads when first used.

    `auto`: the Vosk server if one is set, else Vosk if its model is installed, else Whisper.
    """
    return next(iter(choices(settings, language, _setting(settings, language))), None)


def choices(settings: Settings, language: str, wanted: str = "auto") -> list[Recogniser]:
    """Every recogniser there is for a language, the first choice first; of the engine `wanted` alone, or `auto`."""
    found: list[Recogniser] = []
    address = {"zh": settings.vosk_server_zh, "en": settings.vosk_server_en}.get(language)
    if wanted in ("auto", "vosk-server") and address is not None:
        found.append(VoskServerEngine(address, language))
    for engine, build in (("vosk", VoskEngine), ("whisper", WhisperEngine)):
        if wanted not in ("auto", engine):
            continue
        found += (
            build(store.folder(settings) / model.name, model.name, language)
            for model in store.all_installed(settings)
            if model.engine == engine and language in model.languages
        )
    return found


def elsewhere(settings: Settings, language: str) -> Recogniser | None:
    """What is left when the first choice has failed: another engine or model, else the first choice again."""
    first = choose(settings, language)
    if first is None:
        return None
    others = (
        other
        for other in choices(settings, language)
        if (other.engine, other.model) != (first.engine, first.model)
    )
    return next(others, first)


def folders(settings: Settings) -> list[Path]:
    """Where the installed models of recognisers lie."""
    return [
        store.folder(settings) / model.name
        for model in store.all_installed(settings)
        if model.engine in ("vosk", "whisper")
    ]


def why_none(settings: Settings, language: str) -> str:
    """What to do about a language without a recogniser, in a line."""
    wanted = _setting(settings, language)
    if wanted == "off":
        return f"transcription is switched off: SHOUWEN_ENGINE_{language.upper()}"
    if wanted == "vosk-server":
        return f"SHOUWEN_VOSK_SERVER_{language.upper()} is not set"
    name = f"vosk-{language}" if wanted == "vosk" else DEFAULT
    return f"there is no speech model: run `shouwen models get {name}`"


def _setting(settings: Settings, language: str) -> str:
    return {"zh": settings.engine_zh, "en": settings.engine_en}.get(language, "auto")
