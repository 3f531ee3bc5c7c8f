"""What waits for the head, as the page of approvals shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Policy
from callcenter.domain.steps import STEPS
from callcenter.domain.tickets import Ticket
from web.i18n import N_, Speech
from web.views.step_words import clock_asks
from web.views.tickets import kind_name

TITLES = {
    "extension": N_("More time is asked for"),
    "suggestion": N_("A suggestion is reported"),
    "disagreement": N_("Offices disagree"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One thing to decide: what was asked, by whom, and when it would be due."""

    ticket: Ticket
    kind: str
    what: str
    title: str
    asked_by: str
    asked_at: datetime
    text: str
    clock: str
    working_days: int
    due_at: datetime | None
    new_due_at: datetime | None
    too_late: bool


def approval(
    ticket: Ticket,
    log: Sequence[TicketEvent],
    policy: Policy,
    names: dict[str, str],
    say: Speech,
    now: datetime,
) -> Approval | None:
    """What the ticket waits for; None if its log has no such question."""
    asked = next(
        (
            event
            for event in reversed(log)
            if event.kind in STEPS and ticket.awaits and STEPS[event.kind].asks == ticket.awaits
        ),
        None,
    )
    if asked is None:
        return None
    clock = policy.clocks.get(str(asked.data.get("clock", "")))
    due_at = _instant(asked.data.get("due_at"))
    return Approval(
        ticket=ticket,
        kind=kind_name(policy, ticket, say),
        what=ticket.awaits or "",
        title=TITLES.get(ticket.awaits or "", ""),
        asked_by=names.get(asked.actor, asked.actor),
        asked_at=asked.at,
        text=str(asked.data.get("reason") or asked.data.get("text") or ""),
        clock=f"{clock.rule} · {clock_asks(clock, say)}" if clock else "",
        working_days=_number(asked.data.get("working_days")),
        due_at=due_at,
        new_due_at=_instant(asked.data.get("new_due_at")),
        too_late=due_at is not None and now > due_at,
    )


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
