"""Which recogniser a language gets: what is set, what is installed, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from callcenter.settings import Settings
from transcripts.catalogue import CATALOGUE, DEFAULT, Model, find
from transcripts.engine import Recogniser
from transcripts.errors import ModelUnavailable
from transcripts.fetch import fetch
from transcripts.vosk_engine import VoskEngine
from transcripts.vosk_server import VoskServerEngine
from transcripts.whisper_engine import WhisperEngine

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model of the catalogue, and where it is installed."""

    model: Model
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageStatus:
    """Whether a language has what it needs, and which recogniser or what to do."""

    language: str
    ok: bool
    detail: str


def folder(settings: Settings) -> Path:
    """Where models are."""
    return settings.cache / "models"


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


def catalogue(settings: Settings) -> list[ModelStatus]:
    """Every model that can be fetched."""
    return [ModelStatus(model=model, path=installed(settings, model)) for model in CATALOGUE]


def installed(settings: Settings, model: Model) -> Path | None:
    """The model's folder, if it is there."""
    path = folder(settings) / model.name
    return path if path.is_dir() else None


def get(settings: Settings, name: str, console: Console) -> Path:
    """Have a model in the cache. Raises UnknownModel or ModelUnavailable."""
    return fetch(find(name), folder(settings), console)


def ensure_defaults(settings: Settings | None = None, console: Console | None = None) -> None:
    """Have a recogniser for each language that is not switched off: Whisper base, where there is none yet.

    Without the network set-up goes on: recordings are kept, and transcribed once there is a model.
    """
    settings, console = settings or Settings(), console or Console()
    if all(_setting(settings, language) == "off" or available(settings, language) for language in LANGUAGES):
        return
    try:
        get(settings, DEFAULT, console)
    except ModelUnavailable as error:
        console.print(f"No transcripts yet: {error}. Later: shouwen models get {DEFAULT}", style="yellow")


def available(settings: Settings, language: str) -> bool:
    """Whether `choose` has a recogniser for the language; loads nothing."""
    return choose(settings, language) is not None


def choose(settings: Settings, language: str) -> Recogniser | None:
    """The language's recogniser, None if it is off or its model is missing. It loads when first used.

    `auto`: the Vosk server if one is set, else Vosk if its model is installed, else Whisper.
    """
    wanted = _setting(settings, language)
    address = {"zh": settings.vosk_server_zh, "en": settings.vosk_server_en}.get(language)
    if wanted in ("auto", "vosk-server") and address is not None:
        return VoskServerEngine(address, language)
    for engine, build in (("vosk", VoskEngine), ("whisper", WhisperEngine)):
        if wanted not in ("auto", engine):
            continue
        for model in CATALOGUE:
            path = installed(settings, model)
            if model.engine == engine and language in model.languages and path is not None:
                return build(path, model.name, language)
    return None


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
