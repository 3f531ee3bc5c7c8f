"""What speaks: the promise that every engine keeps."""

from __future__ import annotations

from typing import Protocol

from callcenter.prompts import Take
from callcenter.sound.samples import Samples

RATE_HZ = 24_000
USUAL = Take()
LONGEST_TEXT = 2_000
"""Characters; a typed briefing of 60 is usual."""


class Speaker(Protocol):
    """Says Chinese (`zh`) and English (`en`), words of the other language among them too.

    Raises NothingToSay (nothing in the text can be spoken), TextTooLong, VoiceMissing or VoiceBroken.
    """

    name: str
    """Engine, model and voices: what was said by another name may sound otherwise."""

    def say(self, text: str, language: str, *, take: Take = USUAL) -> Samples:
        """The whole text at RATE_HZ."""
        ...
