"""What waits for the head, as its ticket's page and the page of approvals show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Rules
from callcenter.domain.steps import STEPS
from callcenter.domain.tickets import Ticket
from callcenter.services.steps import requested_extension
from web.i18n import N_, Speech
from web.views.clocks import office_name
from web.views.step_words import clock_name

TITLES = {
    "extension": N_("More time is asked for"),
    "suggestion": N_("A suggestion waits for a decision"),
    "disagreement": N_("The offices disagree"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Who asked for what, when; of an extension both due times of today, and working days (0: none were asked for)."""

    kind: str
    title: str
    by: str
    at: datetime
    reason: str
    clock: str
    working_days: int
    due_at: datetime | None
    new_due_at: datetime | None
    is_too_late: bool


def pending_of(
    ticket: Ticket,
    rules: Rules,
    log: Sequence[TicketEvent],
    names: Mapping[str, str],
    say: Speech,
    now: datetime,
) -> Pending | None:
    """The request that waits for the head; None if none does."""
    asked = next((event for event in reversed(log) if ticket.awaits and _asks(event) == ticket.awaits), None)
    if asked is None or ticket.awaits is None:
        return None
    longer = requested_extension(ticket, log, rules) if ticket.awaits == "extension" else None
    key, policy = str(asked.data.get("clock") or ""), rules.policy
    office = office_name(policy, str(asked.data.get("subject") or ""), say)
    days = asked.data.get("working_days")
    return Pending(
        kind=ticket.awaits,
        title=say.gettext(TITLES[ticket.awaits]),
        by=names.get(asked.actor, asked.actor),
        at=asked.at,
        reason=str(asked.data.get("reason") or asked.data.get("text") or ""),
        clock=clock_name(policy.clocks.get(key), key, say, office) if key else "",
        working_days=days if isinstance(days, int) else 0,
        due_at=longer.due_at if longer else None,
        new_due_at=longer.new_due_at if longer else None,
        is_too_late=ticket.awaits == "extension" and (longer is None or longer.is_too_late(now)),
    )


def _asks(event: TicketEvent) -> str | None:
    return STEPS[event.kind].asks if event.kind in STEPS else None


def instant(value: object) -> datetime | None:
    """An instant as the log writes it; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else None
