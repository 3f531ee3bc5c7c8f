"""What the live board shows, read in one transaction for everybody; each reader gets their own view."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Call, Outcome
from callcenter.domain.fold import fold_call
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Status, Ticket
from callcenter.services.ports import TicketFilter
from web.i18n import Speech
from web.viewer import Viewer, involved_in_call, involved_in_ticket
from web.views.calls import is_with
from web.views.tickets import UNFINISHED, kind_name

RECENT = 6
TICKETS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """Calls that arrived since midnight, those under way included.

    `median_ms`: the median of ringing to answer over answered calls that rang; None when there is none.
    """

    offered: int
    answered: int
    callbacks: int
    median_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The desk at one moment."""

    at: datetime
    live: tuple[Call, ...]
    recent: tuple[Call, ...]
    today: Today
    tickets: tuple[Ticket, ...]


def read_snapshot(work: SqlUnitOfWork, now: datetime, zone: ZoneInfo) -> Snapshot:
    """The desk as the database has it."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    calls, _ = work.calls.list(since=midnight, limit=500)
    live = work.calls.live()
    events = work.calls.events_of([call.linkedid for call in live]) if live else {}
    return Snapshot(
        at=now,
        # the events also tell of recordings under way, which the row does not
        live=tuple(fold_call(events[call.linkedid]) or call for call in live),
        recent=tuple(call for call in calls if call.ended_at)[:RECENT],
        today=figures(calls),
        tickets=tuple(work.tickets.page(TicketFilter(statuses=UNFINISHED), None, TICKETS)),
    )


def figures(calls: Sequence[Call]) -> Today:
    """The day in four numbers."""
    answered = [call.answer_ms for call in calls if call.answered_at and call.answer_ms is not None]
    return Today(
        offered=len(calls),
        answered=sum(1 for call in calls if call.answered_at),
        callbacks=sum(1 for call in calls if call.outcome is Outcome.CALLBACK),
        median_ms=round(statistics.median(answered)) if answered else None,
    )


def view_for(
    snapshot: Snapshot, viewer: Viewer, policy: Policy, say: Speech, now: datetime
) -> dict[str, Any]:
    """What `parts/board.html` needs for one reader: their own tickets by due time, numbers masked."""
    mine = [ticket for ticket in snapshot.tickets if _is_mine(ticket, viewer)]
    return {
        "now": now,
        "live": snapshot.live,
        "mine_now": [call for call in snapshot.live if call.answered_at and is_with(call, viewer.extension)],
        "recent": snapshot.recent,
        "today": snapshot.today,
        "mine": sorted(mine, key=_urgency),
        "unowned": sorted((ticket for ticket in snapshot.tickets if ticket.owner is None), key=_urgency),
        "number_of": lambda call: viewer.number(call.caller, involved_in_call(call)),
        "contact_of": lambda ticket: viewer.number(ticket.contact_phone, involved_in_ticket(ticket, None)),
        "kind_name": lambda ticket: kind_name(policy, ticket, say),
        "elapsed": lambda since: round(max(0.0, (now - since).total_seconds()), 1),
    }


def _is_mine(ticket: Ticket, viewer: Viewer) -> bool:
    return any(person and person.extension == viewer.extension for person in (ticket.owner, ticket.handler))


def _urgency(ticket: Ticket) -> tuple[bool, datetime, str]:
    """To be completed first, then by due time."""
    return (ticket.status is not Status.REGISTERING, ticket.due_at or ticket.created_at, ticket.number)
