"""Who sees a caller's number, and what the others see instead (T31)."""

from __future__ import annotations

import re


def mask(number: str | None) -> str | None:
    """Hides the middle of a number: enough stays to tell two callers apart, too little to ring them.

    Eleven digits and more keep three and four (138****5678), seven to ten two and two, shorter ones none.
    """
    if not number:
        return number
    prefix, local = "", number
    if match := re.match(r"(\+86|0086)[\s-]?(.+)", number):
        prefix, local = f"{match[1]} ", match[2]
    if len(local) >= 11:
        return f"{prefix}{local[:3]}****{local[-4:]}"
    if len(local) >= 7:
        return f"{prefix}{local[:2]}****{local[-2:]}"
    return "*" * len(number)
