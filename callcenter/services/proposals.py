"""What is proposed for the form of a ticket from its newest message: rules first, what they leave open a local model's.

Nothing is stored: a proposal is made anew of the transcript, or of what a person corrected it to, and of the policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from callcenter.domain.policy import FormField, Kind, Policy
from callcenter.domain.proposals import Message, Proposal, propose
from callcenter.domain.tickets import Ticket
from callcenter.domain.transcripts import StoredTranscript, TranscriptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a proposer is asked: a message, the kinds it may be of, the policy's own fields."""

    message: Message
    kinds: Sequence[Kind]
    fields: Sequence[FormField] = ()


class Proposer(Protocol):
    """Makes proposals of a message, at most one for a field.

    Every value is said in the message or is one of the choices, and its words stand in the message; there is none for
    a telephone number. One that cannot answer proposes nothing.
    """

    def propose(self, asked: Asked) -> tuple[Proposal, ...]: ...


class RuleProposer:
    """The rules of `callcenter.domain.proposals`."""

    def propose(self, asked: Asked) -> tuple[Proposal, ...]:
        """See Proposer."""
        return propose(asked.message, asked.kinds, asked.fields)


def asked_of(stored: StoredTranscript | None, ticket: Ticket, policy: Policy, zone: tzinfo) -> Asked | None:
    """What to ask for a ticket's message; None while there are no words of it."""
    if (
        stored is None
        or not stored.reading
        or (stored.state is not TranscriptState.DONE and not stored.corrected)
    ):
        return None
    return Asked(
        message=Message(
            text=stored.reading,
            language=stored.language if stored.language == "zh" else "en",
            spoken_on=stored.recording.created_at.astimezone(zone).date(),
            words=stored.words,
            corrected=stored.corrected is not None,
        ),
        kinds=policy.kinds,
        fields=policy.form_fields(ticket.channel, ticket.kind),
    )


def together(rules: Sequence[Proposal], model: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """The rules' proposals, and the model's for fields of which the rules say nothing."""
    known = {each.field for each in rules}
    return (*rules, *(each for each in model if each.field not in known))


def is_open(ticket: Ticket, field: str) -> bool:
    """Whether nobody has entered anything: a new ticket's kind is the policy's first until a person saves the form."""
    if field == "kind":
        return ticket.form_saved_at is None
    return not stored_value(ticket, field)


def stored_value(ticket: Ticket, field: str) -> str:
    """What the ticket holds in a field of its form."""
    if field == "kind":
        return ticket.kind
    if field == "contact_name":
        return ticket.contact_name or ""
    if field == "wished_reply":
        return ticket.wished_reply.value if ticket.wished_reply else ""
    return ticket.fields.get(field, "")
