"""Text from outside, made fit to be stored."""

from __future__ import annotations

import unicodedata

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str | None, limit: int) -> str | None:
    """`text` trimmed, of at most `limit` characters, without control and direction characters; None if empty.

    Line ends and tabs stay. A direction character in a name would show the number behind it backwards. Half a
    surrogate pair becomes U+FFFD: neither UTF-8 nor the database can hold it.
    """
    if text is None:
        return None
    kept = "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character
        for character in text
        if character in "\n\t" or (unicodedata.category(character) != "Cc" and character not in _DIRECTIONS)
    )
    return kept.strip()[:limit].rstrip() or None
