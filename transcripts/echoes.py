"""Whether what was understood is only our own prompts, come back over the line."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher
from functools import cache

from callcenter.prompts import prompts
from transcripts.numerals import in_digits

LEAST_LETTERS = 6
"""A shorter text, such as "thank you", is said by callers too."""
ALIKE = 0.8
"""Share of a text's letters that stand in a prompt in the same order."""


def is_own_prompt(text: str, language: str) -> bool:
    """Whether the text is a prompt, or part of one, as a recogniser hears it."""
    return is_echo(text, _spoken(language))


def is_echo(text: str, spoken: Collection[str]) -> bool:
    """Whether a text is one of those that were `spoken` (letters alone), or a part of one."""
    heard = letters(text)
    if len(heard) < LEAST_LETTERS:
        return False
    return any(_covered(heard, prompt) for prompt in spoken)


def letters(text: str) -> str:
    """What is left of a text without punctuation, spaces and capitals."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _covered(heard: str, prompt: str) -> bool:
    if len(heard) > len(prompt) / ALIKE:
        return False
    matcher = SequenceMatcher(None, heard, prompt, autojunk=False)
    if matcher.real_quick_ratio() * (len(heard) + len(prompt)) / 2 < ALIKE * len(heard):
        return False
    same = sum(block.size for block in matcher.get_matching_blocks() if block.size > 1)
    return same >= ALIKE * len(heard)


@cache
def _spoken(language: str) -> tuple[str, ...]:
    return tuple(
        found
        for prompt in prompts()
        if prompt.language == language
        and len(found := letters(in_digits(prompt.text, language))) >= LEAST_LETTERS
    )
