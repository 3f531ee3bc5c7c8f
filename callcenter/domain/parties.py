"""The party served: one spelling for each telephone number and account, so that a file holds all of theirs (S40)."""

from __future__ import annotations

import re

from callcenter.domain.tickets import Ticket

ACCOUNT_FIELDS = ("wechat_id", "account")
"""Fields of a policy that name the party where there is no telephone number."""

NAME_FIELDS = ("nickname",)
"""Fields of a policy that call the party something where there is no name."""


def called(ticket: Ticket) -> str | None:
    """What to call who asked: their name, or what they call themselves; None when nothing tells."""
    names = (ticket.contact_name, *(ticket.fields.get(key) for key in NAME_FIELDS))
    return next((name for name in names if name), None)


def party_of(ticket: Ticket) -> str | None:
    """Who is served: an account before a telephone number; None when nothing tells."""
    for key in ACCOUNT_FIELDS:
        account = ticket.fields.get(key, "").strip()
        if account:
            return f"{key}:{account.casefold()}"
    digits = re.sub(r"\D", "", ticket.contact_phone or "").removeprefix("0086")
    if len(digits) == 13 and digits.startswith("861"):
        digits = digits[2:]
    return f"phone:{digits}" if len(digits) >= 3 else None
