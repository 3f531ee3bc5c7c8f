"""A centre's own recordings of prompts: their versions, which of them callers hear, what a recording must be like."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from callcenter.errors import ShouwenError

LARGEST = 10 * 1024 * 1024
"""Bytes of one upload, at most."""
LONGEST_S = 30.0
LONGEST_PIECE_S = 2.0
"""Numbers are read out in eleven digits and more."""
BEFORE_RINGING_S = 4.0
"""At most so much may precede the ringing (the contract): the welcome, then in the other language the offer of it."""
_PARTNERS: Mapping[str, str] = MappingProxyType({"welcome": "language-offer", "language-offer": "welcome"})
_OTHER_LANGUAGE = MappingProxyType({"zh": "en", "en": "zh"})
SHORTEST_S = 0.1
NAME_LIMIT, WORDING_LIMIT, NOTE_LIMIT = 120, 500, 500


class UnknownPrompt(ShouwenError):
    """There is no such prompt."""


class UnknownVersion(ShouwenError):
    """There is no such version of this prompt."""


class NotListenedTo(ShouwenError):
    """Listen to this version first: only then can it go live."""


class StalePrompt(ShouwenError):
    """Somebody else put another version live in the meantime."""


class TooLongTogether(ShouwenError):
    """The welcome and the offer of the other language after it may last 4 s together."""


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    SILENT = "silent"
    CLIPPED = "clipped"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"


class RecordingRefused(ShouwenError):
    """The recording cannot be used."""

    def __init__(self, why: Refusal, longest_s: float) -> None:
        """`longest_s`: how long the prompt may be."""
        super().__init__(_SENTENCES[why] % {"longest": f"{longest_s:g}"})
        self.why = why
        self.longest_s = longest_s


_SENTENCES: Mapping[Refusal, str] = {
    Refusal.EMPTY: "There is nothing in the file: choose another one.",
    Refusal.TOO_LARGE: "The file has more than 10 MB.",
    Refusal.UNREADABLE: "This is no sound file that can be read.",
    Refusal.DAMAGED: "Part of the file is missing or damaged: save or send it again.",
    Refusal.SILENT: "There is nothing to hear in it.",
    Refusal.CLIPPED: "It was recorded far too loudly and is distorted.",
    Refusal.TOO_LONG: "It is too long: this prompt may last %(longest)s s.",
    Refusal.TOO_SHORT: "There is less than a tenth of a second of sound in it.",
}


class Doubt(StrEnum):
    """What is worth a second listen, although the file is taken; the table stores these names."""

    CLIPPED = "clipped"
    NOISY = "noisy"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptId:
    """A prompt in one language."""

    language: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """An upload as it will be played. `sha256`: of the file that was sent; `seconds`: the length after trimming."""

    sha256: str
    seconds: float
    doubts: tuple[Doubt, ...]
    wav8: bytes
    wav16: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One own recording of a prompt. `version` counts from 1; `wording`: what it says, empty: the catalogue's text."""

    id: int
    prompt: PromptId
    version: int
    file_name: str
    sha256: str
    seconds: float
    doubts: tuple[Doubt, ...]
    wording: str
    note: str
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChange:
    """Somebody made something live. `seq` counts from 1; `version` None: the product's own voice."""

    prompt: PromptId
    seq: int
    version: int | None
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSound:
    """The own recording that callers hear for a prompt; what names its files on a node's disk."""

    id: int
    version: int
    sha256: str


def partner(prompt: PromptId) -> PromptId | None:
    """What is played right before or after it, before the ringing; None for every other prompt."""
    if prompt.key not in _PARTNERS or prompt.language not in _OTHER_LANGUAGE:
        return None
    return PromptId(language=_OTHER_LANGUAGE[prompt.language], key=_PARTNERS[prompt.key])


def longest_s(key: str, *, is_piece: bool, partner_s: float = 0.0) -> float:
    """How long a recording of this prompt may be, in seconds; a piece is a digit or a word between digits.

    `partner_s`: how long its partner is now.
    """
    if key in _PARTNERS:
        return round(BEFORE_RINGING_S - partner_s, 3)
    return LONGEST_PIECE_S if is_piece else LONGEST_S


def clean_file_name(name: str) -> str:
    """An upload's name without folders, control and direction characters, and not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    return " ".join(kept.split())[:NAME_LIMIT].strip() or "recording"


def may_go_live(*, was_live: bool, listened: bool) -> bool:
    """Whether somebody may make a version live: they have listened to it, or callers have heard it before."""
    return was_live or listened
