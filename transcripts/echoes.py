"""Whether what was understood is only our own prompts, come back over the line."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache

from callcenter.prompts import prompts
from transcripts.numerals import in_digits

LEAST_LETTERS = {"zh": 6, "en": 16}
"""A shorter text, such as "thank you", is said by callers too."""
ALIKE, ALIKE_IF_LONG, LONG = 0.8, 0.7, 12
"""Share of a text's letters that stand in a prompt in the same order; a long text is misheard in more places."""


def is_own_prompt(text: str, language: str) -> bool:
    """Whether the text is a prompt, or part of one, as a recogniser hears it."""
    heard = letters(text)
    if len(heard) < LEAST_LETTERS.get(language, 6):
        return False
    return any(_covered(heard, prompt) for prompt in _spoken(language))


def letters(text: str) -> str:
    """What is left of a text without punctuation, spaces and capitals."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _covered(heard: str, prompt: str) -> bool:
    alike = ALIKE_IF_LONG if len(heard) >= LONG else ALIKE
    if len(heard) > len(prompt) / alike:
        return False
    blocks = SequenceMatcher(None, heard, prompt, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) >= alike * len(heard)


@cache
def _spoken(language: str) -> tuple[str, ...]:
    return tuple(
        found
        for prompt in prompts()
        if prompt.language == language
        and len(found := letters(in_digits(prompt.text, language))) >= LEAST_LETTERS.get(language, 6)
    )
