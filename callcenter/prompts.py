"""What the desk says: the list of prompts, when each is heard, and their sound files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.asterisk_files import asterisk_files
from callcenter.errors import ShouwenError

LANGUAGES = ("zh", "en")
MADE = ("beep", "pause")
"""Sounds beside the prompts that nobody speaks; `shouwen prompts render` makes them too."""

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SPEEDS = (0.5, 2.0)
_STYLES = (1, 400)


class BadPrompts(ShouwenError):
    """The list of prompts cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """How a text is spoken, where the voice's usual way is not the clearest."""

    speed: float | None = None
    """Over 1 is faster; None is the voice's usual pace."""
    behind: str = ""
    """Spoken at the end of a sentence that begins so, and cut out of it."""
    style: int | None = None
    """Spoken the way a text of so many sounds is; None is its own length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt in one language; `text` is what the file says."""

    key: str
    language: str
    text: str
    file: Path
    """At 8 kHz."""
    when: str
    """In which situation it is heard."""
    take: Take = Take()
    """How the voice speaks it."""

    @property
    def wideband_file(self) -> Path:
        """At 16 kHz, under the name by which Asterisk knows the rate."""
        return self.file.with_suffix(".wav16")

    @property
    def is_piece(self) -> bool:
        """Whether it is a part of what is put together, such as a digit: no sentence, so no mark at its end."""
        return self.text[-1].isalnum()


def sounds_folder() -> Path:
    """The folder of prompts.toml, with a folder of sound files for each language."""
    return asterisk_files() / "sounds"


def prompts(sounds: Path | None = None) -> list[Prompt]:
    """Every prompt in every language, in the order of the list; raises BadPrompts, which names each fault."""
    sounds = sounds or sounds_folder()
    file = sounds / "prompts.toml"
    try:
        listed = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadPrompts(f"{file}: {error}") from error
    faults = [f"{file}: {fault}" for key, fields in listed.items() for fault in _faults(key, fields)]
    if faults:
        raise BadPrompts("\n".join(faults))
    return [
        Prompt(
            key=key,
            language=language,
            text=fields[language],
            file=sounds / language / f"{key}.wav",
            when=fields["when"],
            take=Take(**fields.get("take", {}).get(language, {})),
        )
        for key, fields in listed.items()
        for language in LANGUAGES
    ]


def _faults(key: str, fields: Any) -> list[str]:
    """What is wrong with an entry, a line each."""
    example = f'[{key}] has to have zh = "…", en = "…" and when = "…"'
    if not isinstance(fields, Mapping):
        return [f"{key} stands outside of any prompt: {example}"]
    if not _KEY.fullmatch(key) or key in MADE:
        return [f"[{key}] cannot be a prompt's name: small letters, digits and dashes, such as [ticket-is]"]
    found = [
        f"[{key}] {name}: there is no such field; there are zh, en, when and take"
        for name in fields
        if name not in (*LANGUAGES, "when", "take")
    ]
    for name in (*LANGUAGES, "when"):
        value = fields.get(name)
        if not isinstance(value, str) or not value.strip():
            found.append(f"[{key}] {name} is missing: {example}")
    takes = fields.get("take", {})
    if not isinstance(takes, Mapping) or not all(
        language in LANGUAGES and isinstance(take, Mapping) and _is_take(take)
        for language, take in takes.items()
    ):
        found.append(
            f'[{key}] take has to be such as {{ zh = {{ behind = "号码是", speed = 0.8, style = 5 }} }}: speed from '
            f"{_SPEEDS[0]} to {_SPEEDS[1]}, style from {_STYLES[0]} to {_STYLES[1]}"
        )
    return found


def _is_take(fields: Mapping[str, Any]) -> bool:
    return (
        set(fields) <= {"speed", "behind", "style"}
        and isinstance(fields.get("behind", ""), str)
        and type(fields.get("style", 1)) is int
        and _within(fields.get("style", 1), _STYLES)
        and _within(fields.get("speed", 1), _SPEEDS)
    )


def _within(value: Any, limits: tuple[float, float]) -> bool:
    return type(value) in (int, float) and limits[0] <= value <= limits[1]
