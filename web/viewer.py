"""Who is looking, and what of a caller's data they may see (T31)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from callcenter.domain.calls import Call, Person
from callcenter.domain.staff import Role
from callcenter.domain.tickets import Ticket
from web.privacy import mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A member of staff at a screen, or a program with a token (its `extension` is empty)."""

    extension: str
    name: str
    role: Role
    rung: bool = False
    on_duty: bool = False

    @property
    def is_manager(self) -> bool:
        """Managers see everything."""
        return self.role is Role.MANAGER

    @property
    def person(self) -> Person:
        """The viewer as calls and tickets name people."""
        return Person(extension=self.extension, name=self.name)

    def may_see(self, involved: AbstractSet[str]) -> bool:
        """Whether a matter of the extensions `involved` is theirs to see in full."""
        return self.is_manager or self.extension in involved

    def number(self, number: str | None, involved: AbstractSet[str]) -> str | None:
        """The number, or its masked form."""
        return number if self.may_see(involved) else mask(number)


def involved_in_call(call: Call) -> frozenset[str]:
    """Extensions of the first responder and of everyone the caller was handed to."""
    people = [call.first_responder] + [handoff.to for handoff in call.handoffs]
    return frozenset(person.extension for person in people if person)


def involved_in_ticket(ticket: Ticket, call: Call | None) -> frozenset[str]:
    """Extensions of owner and handler, and of everyone in its call."""
    people = frozenset(person.extension for person in (ticket.owner, ticket.handler) if person)
    return people | (involved_in_call(call) if call else frozenset())
