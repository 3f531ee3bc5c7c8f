"""The voice in a process of its own: its model is loaded once, and it stands still while a call is being set up.

What crashes it, or has it killed for want of memory, costs one piece of one text and not the worker.
"""

from __future__ import annotations

from contextlib import closing

from callcenter.runtime import calls_first
from callcenter.runtime.helper import Helper, HelperLost
from callcenter.settings import Settings
from synthesis.errors import SynthesisError, VoiceFailed

MODULE = "synthesis.process"
LONGEST_S = 60.0
"""A piece that takes so long never ends; on a busy line half of it is standing aside."""


class VoiceAside:
    """The voice over there."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is started before the first text."""
        self._settings = settings
        self._helper = Helper[tuple[str, str], bytes | SynthesisError](settings, MODULE, calls_first.SPEAKER)

    def say(self, text: str, language: str, *, urgent: bool = False) -> bytes:
        """The text as a WAV file of 8 kHz, levelled and trimmed. Raises SynthesisError.

        `urgent`: somebody is about to hear it, and recognisers make room.
        """
        try:
            with closing(calls_first.Announcer(self._settings, calls_first.RECOGNISER)) as hold:
                answer = self._helper.ask(
                    (text, language), patience_s=LONGEST_S, meanwhile=hold if urgent else None
                )
        except HelperLost as error:
            raise VoiceFailed(str(error)) from error
        if isinstance(answer, SynthesisError):
            raise answer
        return answer
