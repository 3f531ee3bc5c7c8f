"""A briefing that is typed instead of spoken: what may stand in it, in which language it is said, what became of it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.text import clean
from callcenter.errors import ShouwenError

LONGEST = 500
"""Characters of a typed briefing."""
FRESH = timedelta(seconds=10)
"""A request that no desk took for so long is not carried out any more: whoever typed it talks on."""


class BadBriefing(ShouwenError):
    """A briefing has 1 to 500 characters."""


class State(StrEnum):
    """How far a request has come."""

    REQUESTED = "requested"
    HANDED = "handed"
    DECLINED = "declined"


class Refusal(StrEnum):
    """Why the desk did not do what was asked."""

    NOT_HOLDER = "not_holder"
    """Somebody else has the caller."""
    BUSY = "busy"
    """A handoff, a key of the phone or the caller's message came first."""
    GONE = "gone"
    """The caller had hung up."""
    NOBODY = "nobody"
    """Nobody has the extension, or whoever stands in is the one who asks."""
    STALE = "stale"
    """No desk took it in time."""
    AWAY = "away"
    """Asterisk could not be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedHandoff:
    """One request to hand a caller on with a typed briefing; `handoff` is its number in the call once handed."""

    id: int
    linkedid: str
    extension: str
    """Who has the caller and asks."""
    to: str
    text: str
    language: str
    """Of the voice that says it."""
    requested_at: datetime
    state: State = State.REQUESTED
    refusal: Refusal | None = None
    handoff: int | None = None


def briefing_of(text: str) -> str:
    """What was typed, fit to be kept: 1 to 500 characters without control characters. Raises BadBriefing."""
    # one character more than allowed is looked at: `clean` cuts, and what is too long must be told
    kept = clean(text, LONGEST + 1)
    if kept is None or len(kept) > LONGEST:
        raise BadBriefing
    return kept


def language_of(text: str, staffs: str) -> str:
    """zh or en: the staff's language unless the text is clearly in the other one."""
    chinese = sum("\u3400" <= each <= "\u9fff" for each in text)
    words = sum(any("a" <= letter <= "z" for letter in word) for word in text.lower().split())
    if staffs == "zh":
        return "en" if not chinese and words >= 2 else "zh"
    return "zh" if chinese >= 2 and chinese > words else "en"


def spoken_form(text: str) -> str:
    """What a voice is given: one line, no markup and no signs that have no sound; empty when nothing can be said."""
    line = "。".join(part.strip() for part in _plain(text).splitlines() if part.strip())
    said = "".join(each if _is_said(each) else " " for each in line)
    return " ".join(said.split()) if any(each.isalnum() for each in said) else ""


def _plain(text: str) -> str:
    """Letters and digits in their plain form (Ａ is A); Chinese points stay as they are, for their pauses."""
    return "".join(
        plain if (plain := unicodedata.normalize("NFKC", each)).isalnum() else each for each in text
    )


def _is_said(character: str) -> bool:
    return character.isalnum() or character in " ,.;:!?'%-+/=&@*#_~$。，、；：？！（）()“”《》·℃°¥€×"
