"""Tickets as people read them: under headings, in the order they are due, their kinds by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.policy import Label as PolicyLabel
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Status, Ticket
from web.i18n import N_, Speech

UNFINISHED = (Status.REGISTERING, Status.OPEN, Status.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tickets under one heading."""

    key: str
    title: str
    tickets: tuple[Ticket, ...]


_TITLES = {
    "late": N_("Overdue"),
    "unowned": N_("Waiting for somebody to take them"),
    "registering": N_("To be completed"),
    "waiting": N_("Waiting for papers or for others"),
    "today": N_("Due today"),
    "later": N_("Due later"),
    "done": N_("Done"),
}


def group_key(ticket: Ticket, now: datetime, say: Speech) -> str:
    """The heading a ticket belongs under."""
    if ticket.status not in UNFINISHED:
        return "done"
    if ticket.owner is None:
        return "unowned"
    if ticket.status is Status.REGISTERING:
        return "registering"
    if ticket.due_at is None:
        return "waiting" if ticket.status is Status.WAITING else "later"
    if is_late(ticket, now):
        return "late"
    return "today" if say.is_today(ticket.due_at, now) else "later"


def is_late(ticket: Ticket, now: datetime) -> bool:
    """Whether an unfinished ticket is past its due time; exactly at it is still in time."""
    return ticket.status in UNFINISHED and ticket.due_at is not None and now > ticket.due_at


def grouped(tickets: Iterable[Ticket], now: datetime, say: Speech) -> list[Group]:
    """Tickets under their headings, nobody's first, then by due time; empty headings are left out."""
    found: dict[str, list[Ticket]] = {
        key: [] for key in ("unowned", "late", "registering", "today", "later", "waiting", "done")
    }
    for ticket in tickets:
        found[group_key(ticket, now, say)].append(ticket)
    return [
        Group(key=key, title=_TITLES[key], tickets=tuple(_in_order(members, key)))
        for key, members in found.items()
        if members
    ]


def _in_order(tickets: Sequence[Ticket], key: str) -> list[Ticket]:
    if key == "done":
        return sorted(tickets, key=lambda ticket: ticket.resolved_at or ticket.created_at, reverse=True)
    return sorted(tickets, key=lambda ticket: (ticket.due_at or ticket.created_at, ticket.number))


def name_of(labels: Sequence[PolicyLabel], key: str, say: Speech) -> str:
    """What the policy calls a stored key, or the key itself."""
    for label in labels:
        if label.key == key:
            return label.names.get(say.language) or key
    return key


def kinds_named(policies: Mapping[str, Policy], say: Speech) -> Callable[[Ticket], str]:
    """What names the kind of each ticket of a list; `policies` are theirs, by number."""
    return lambda ticket: kind_name(policies[ticket.number], ticket, say)


def kind_name(policy: Policy, ticket: Ticket, say: Speech) -> str:
    """The kind of a ticket in the reader's language."""
    return name_of(policy.kinds, ticket.kind, say)
