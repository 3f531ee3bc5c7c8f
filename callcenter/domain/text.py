"""Text from outside, made fit to be stored."""

from __future__ import annotations

import unicodedata


def clean(text: str | None, limit: int) -> str | None:
    """`text` trimmed, of at most `limit` characters, without control characters; None if empty.

    Line ends and tabs stay. Half a surrogate pair becomes U+FFFD: neither UTF-8 nor the database can hold it.
    """
    if text is None:
        return None
    kept = "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character
        for character in text
        if character in "\n\t" or unicodedata.category(character) != "Cc"
    )
    return kept.strip()[:limit].rstrip() or None
