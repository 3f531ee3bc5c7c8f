"""The opinion of the person served, by a link (H32, S31): for which run of a ticket a link is good, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.tickets import Status, Ticket

LINK_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionLink:
    """One link. It belongs to the run of the ticket that was solved at `resolved_at`."""

    ticket: str
    resolved_at: datetime
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class LinkState(StrEnum):
    """What can be done with a link."""

    GOOD = "good"
    USED = "used"
    OVER = "over"


def link_state(link: OpinionLink, ticket: Ticket, now: datetime) -> LinkState:
    """Good until it is used, 30 days have passed (at the last instant it is over), or the ticket moved on."""
    if link.used_at is not None:
        return LinkState.USED
    same_run = ticket.status is Status.RESOLVED and ticket.resolved_at == link.resolved_at
    return LinkState.GOOD if same_run and now < link.expires_at else LinkState.OVER
