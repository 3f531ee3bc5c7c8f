"""The day of one person as the page shows it: piles with their titles, and what comes next with each ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Status, Ticket
from callcenter.services.today import Pile, Today
from web.i18n import N_, Speech
from web.viewer import Viewer
from web.views.step_words import clock_asks
from web.views.tickets import kind_name

TITLES = {
    "late": N_("Overdue"),
    "today": N_("Due today"),
    "risk": N_("At risk: the warning is out"),
    "registering": N_("To be completed"),
    "unowned": N_("Waiting for somebody to take them"),
    "ask": N_("Satisfaction to be asked"),
    "papers": N_("Waiting for papers"),
    "stand_in": N_("Standing in for colleagues"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ticket. `stands_in_for`: the owner's name, where the reader is not the owner."""

    ticket: Ticket
    kind: str
    next: str
    stands_in_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One pile."""

    key: str
    title: str
    lines: tuple[Line, ...]
    more: bool


def groups(
    piles: Sequence[Pile], today: Today, policies: Mapping[str, Policy], viewer: Viewer, say: Speech
) -> list[Group]:
    """The piles in words."""
    return [
        Group(
            key=pile.key,
            title=TITLES[pile.key],
            lines=tuple(_line(ticket, pile.key, today, policies, viewer, say) for ticket in pile.tickets),
            more=pile.more,
        )
        for pile in piles
    ]


def _line(
    ticket: Ticket, pile: str, today: Today, policies: Mapping[str, Policy], viewer: Viewer, say: Speech
) -> Line:
    policy = policies[ticket.number]
    owner = ticket.owner
    stands_in = (
        owner is not None
        and owner.extension != viewer.extension
        and ticket.handler is not None
        and ticket.handler.extension == viewer.extension
    )
    return Line(
        ticket=ticket,
        kind=kind_name(policy, ticket, say),
        next=_next(ticket, pile, today, policy, say),
        stands_in_for=owner.name if owner and stands_in else "",
    )


def _next(ticket: Ticket, pile: str, today: Today, policy: Policy, say: Speech) -> str:
    if ticket.owner is None:
        return say.gettext("Take it")
    if ticket.status is Status.REGISTERING:
        return say.gettext("Write down the matter")
    if ticket.awaits:
        return say.gettext("The head decides")
    if pile == "papers":
        return say.gettext("Ask for the papers")
    clock = today.waiting_for.get(ticket.number)
    rule = policy.clocks.get(clock.clock) if clock else None
    return clock_asks(rule, say) if rule else ""
