"""The party of a file as somebody may see it."""

from __future__ import annotations

from collections.abc import Iterable

from callcenter.domain.tickets import Ticket
from callcenter.domain.today import PartyFile
from web.privacy import mask
from web.viewer import Viewer, involved_in_ticket


def party_shown(file: PartyFile, viewer: Viewer, tickets: Iterable[Ticket] = ()) -> tuple[str, str]:
    """What names the party (`phone`, `wechat_id`, `account`) and the name itself, masked unless it is theirs to see."""
    kind, _, value = file.party.partition(":")
    involved = frozenset(person for ticket in tickets for person in involved_in_ticket(ticket, None))
    return kind, value if viewer.may_see(involved) else mask(value) or ""


def parties_named(text: str) -> list[str]:
    """The spellings under which a file could stand that somebody looks for by a whole number or account."""
    typed = text.strip()
    digits = "".join(character for character in typed if character.isascii() and character.isdigit())
    return [f"phone:{digits}", f"wechat_id:{typed.casefold()}", f"account:{typed.casefold()}"]
