"""Speaking with whoever is on the channel: prompts that keys interrupt, questions, digits."""

from __future__ import annotations

from collections.abc import Sequence

from agi.protocol import Session

KEY_TIMEOUT_MS = 6000
"""Without a key for so long a question is asked once more, then the default holds."""
DIGIT_GAP_MS = 2000
"""A pause of so long ends an extension."""
MAX_WRONG = 3
MAX_TYPED = 40
"""More keys than any number has: whoever goes on typing is not typing a number."""
ANY_KEY = "0123456789*#"


class Voice:
    """The prompts on one channel, in the channel's language: whoever changes that is heard in it at once."""

    def __init__(self, session: Session, sounds: str) -> None:
        """`sounds` is the prompts' folder as Asterisk sees it, with a folder for each language in it."""
        self._session = session
        self._sounds = sounds

    def say(self, *prompts: str, keys: str = "") -> str:
        """Play prompts in a row; the key among `keys` that interrupted them, or an empty string."""
        for prompt in prompts:
            key = self._session.stream_file(self._path(prompt), keys)
            if key:
                return key
        return ""

    def _path(self, prompt: str) -> str:
        return prompt if prompt.startswith("/") else f"{self._sounds}/{prompt}"

    def ask(self, prompts: Sequence[str], keys: str, default: str) -> str:
        """Ask until one of `keys` is pressed; `default` after two silences or three wrong keys.

        Any key interrupts the prompt; a wrong one is told and the question asked again.
        """
        silences = wrong = 0
        told: list[str] = []
        while True:
            key = self._session.read_key([self._path(name) for name in (*told, *prompts)], KEY_TIMEOUT_MS)
            told = []
            if key and key in keys:
                return key
            if not key:
                silences += 1
                if silences == 2:
                    return default
                continue
            wrong += 1
            if wrong == MAX_WRONG:
                return default
            told = ["wrong-key"]

    def digits(self, prompt: str, *, first_ms: int, gap_ms: int) -> str | None:
        """Digits up to `#` (swallowed) or a pause; None without any key. The prompt stops at the first key."""
        typed = ""
        key = self.say(prompt, keys=ANY_KEY) or self._session.wait_for_digit(first_ms)
        if not key:
            return None
        while key and key != "#" and len(typed) < MAX_TYPED:
            typed += key
            key = self._session.wait_for_digit(gap_ms)
        return typed
