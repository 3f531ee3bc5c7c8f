"""Who saw which personal data when (T31)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Via(StrEnum):
    """How it was seen; the table stores these names."""

    PAGE = "page"
    API = "api"
    RECORDING = "recording"
    EXPORT = "export"


class Seen(StrEnum):
    """What was seen of one ticket or call, in full."""

    NUMBER = "number"
    NAME = "name"
    MATTER = "matter"
    MESSAGE = "message"
    """What the caller said, as text."""
    SOUND = "sound"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One look at personal data, at the aware instant `at`.

    `actor`: an extension, or `token NAME` for a program. `subject`: the number of a ticket, the linkedid of a call, or
    `list …`. `what`: words of `Seen` with blanks between them; for a list how many of each, as `number=3 name=7`.
    """

    at: datetime
    actor: str
    via: Via
    subject: str
    what: str


def actor_of(extension: str, name: str) -> str:
    """How the log names who looked: a program has no extension."""
    return extension or f"token {name}"


def seen(what: Iterable[Seen]) -> str:
    """What was seen of one ticket or call, as the log keeps it."""
    return " ".join(what)


def counted(numbers: int, names: int) -> str:
    """What a list showed in full, as the log keeps it; empty if nothing."""
    counts = ((Seen.NUMBER, numbers), (Seen.NAME, names))
    return " ".join(f"{kind}={count}" for kind, count in counts if count)
