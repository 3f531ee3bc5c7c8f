"""What the desk says: the list of prompts and their sound files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk_files import asterisk_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt in one language; `text` is what the file says."""

    key: str
    language: str
    text: str
    file: Path


def sounds_folder() -> Path:
    """The folder of prompts.toml, with a folder of sound files for each language."""
    return asterisk_files() / "sounds"


def prompts() -> list[Prompt]:
    """Every prompt in every language, in the order of the list."""
    sounds = sounds_folder()
    listed = tomllib.loads((sounds / "prompts.toml").read_text("utf-8"))
    return [
        Prompt(key=key, language=language, text=text, file=sounds / language / f"{key}.wav")
        for key, texts in listed.items()
        for language, text in texts.items()
    ]
