"""Under which rules a ticket stands: those of the day it was opened, whatever its policy says since."""

from __future__ import annotations

from collections.abc import Iterable

from callcenter.domain.policy import Policy, Rules
from callcenter.domain.tickets import Ticket
from callcenter.services.ports import UnitOfWork


def rules_of(uow: UnitOfWork, ticket: Ticket) -> Rules:
    """The rules under which the ticket's clocks started; today's where no version was kept.

    Raises UnknownPolicy if the policy is gone and no version of it was kept.
    """
    found = uow.rules.version(ticket.policy, ticket.policy_digest)
    if found is not None:
        return found
    source = uow.policies.source(ticket.policy_digest)
    if source is None:
        return uow.rules.of(ticket.policy)
    rules = uow.rules.parse(source)
    uow.rules.versions[ticket.policy_digest] = rules
    return rules


def listed_rules(uow: UnitOfWork, tickets: Iterable[Ticket]) -> dict[str, Rules]:
    """The rules of each ticket of a list, by its number: one query at most, for versions not read before.

    To show alone: where neither the version nor the policy is there any more it is those of new tickets.
    """
    book, listed = uow.rules, list(tickets)
    unread = {each.policy_digest for each in listed if book.version(each.policy, each.policy_digest) is None}
    if unread:
        sources = uow.policies.sources(unread)
        book.versions.update((digest, book.parse(source)) for digest, source in sources.items())
    return {
        each.number: book.version(each.policy, each.policy_digest)
        or book.by_name.get(each.policy)
        or book.current
        for each in listed
    }


def policies_of(uow: UnitOfWork, tickets: Iterable[Ticket]) -> dict[str, Policy]:
    """The policies of the same, for names."""
    return {number: rules.policy for number, rules in listed_rules(uow, tickets).items()}


def rules_have_changed(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether the policy says something else today than when the ticket was opened."""
    today = uow.rules.by_name.get(ticket.policy)
    return ticket.policy_digest != "" and (today is None or today.policy.digest != ticket.policy_digest)


def policy_of_new(uow: UnitOfWork) -> Policy:
    """The policy of new tickets; its text is kept from now on."""
    policy = uow.rules.current.policy
    uow.policies.keep(policy)
    return policy
