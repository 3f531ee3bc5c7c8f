"""Who is looking, and what of a caller's data they may see (T31)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from callcenter.domain.calls import Call, Person
from callcenter.domain.staff import Role, StaffMember
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

    @classmethod
    def of(cls, member: StaffMember) -> Viewer:
        """A member of staff as a viewer."""
        return cls(
            extension=member.extension,
            name=member.name,
            role=member.role,
            rung=member.rung,
            on_duty=member.on_duty,
        )

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

    def caller_of(self, call: Call) -> str | None:
        """The caller's number, or its masked form."""
        return self._shown(call.caller, involved_in_call(call))

    def contact_of(self, ticket: Ticket, call: Call | None = None) -> str | None:
        """The contact's number, or its masked form; without `call` only owner and handler are involved."""
        return self._shown(ticket.contact_phone, involved_in_ticket(ticket, call))

    def may_hear(self, ticket: Ticket | None, call: Call | None) -> bool:
        """Whether the recordings of a call and its ticket are theirs: a message is everybody's until taken."""
        if ticket is not None:
            return ticket.owner is None or self.may_see(involved_in_ticket(ticket, call))
        return self.may_see(involved_in_call(call) if call else frozenset())

    def _shown(self, number: str | None, involved: AbstractSet[str]) -> str | None:
        return number if self.may_see(involved) else mask(number)


def involved_in_call(call: Call) -> frozenset[str]:
    """Extensions of the first responder and of everyone the caller was handed to."""
    people = [call.first_responder] + [handoff.to for handoff in call.handoffs]
    return frozenset(person.extension for person in people if person)


def involved_in_ticket(ticket: Ticket, call: Call | None) -> frozenset[str]:
    """Extensions of owner and handler, and of everyone in its call."""
    people = frozenset(person.extension for person in (ticket.owner, ticket.handler) if person)
    return people | (involved_in_call(call) if call else frozenset())
