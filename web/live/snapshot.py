"""What the live board shows, read in one transaction for everybody; each reader gets their own view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.briefings import TypedHandoff
from callcenter.domain.calls import Call, CallFigures
from callcenter.domain.fold import fold_call
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Status, Ticket
from callcenter.services.ports import TicketFilter
from callcenter.services.rules import policies_of
from web.i18n import Speech
from web.viewer import Viewer, involved_in_ticket
from web.views.calls import is_with
from web.views.handovers import incoming
from web.views.tickets import UNFINISHED, kinds_named

RECENT = 6
TICKETS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The desk at one moment."""

    at: datetime
    live: tuple[Call, ...]
    recent: tuple[Call, ...]
    today: CallFigures
    tickets: tuple[Ticket, ...]
    policies: Mapping[str, Policy]
    """Of each ticket, by its number."""
    typed: tuple[TypedHandoff, ...] = ()
    """Of the calls now."""


def read_snapshot(work: SqlUnitOfWork, now: datetime, zone: ZoneInfo) -> Snapshot:
    """The desk as the database has it."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    live = work.calls.live()
    latest, _ = work.calls.list(since=midnight, limit=RECENT + len(live))
    events = work.calls.events_of([call.linkedid for call in live]) if live else {}
    tickets = tuple(work.tickets.page(TicketFilter(statuses=UNFINISHED), None, TICKETS))
    return Snapshot(
        at=now,
        # the events also tell of recordings under way, which the row does not
        live=tuple(fold_call(events[call.linkedid]) or call for call in live),
        recent=tuple(call for call in latest if call.ended_at)[:RECENT],
        today=work.calls.figures(midnight),
        tickets=tickets,
        policies=policies_of(work, tickets),
        typed=tuple(work.typed_handoffs.of_calls([call.linkedid for call in live])) if live else (),
    )


def view_for(snapshot: Snapshot, viewer: Viewer, say: Speech, now: datetime) -> dict[str, Any]:
    """What `parts/board.html` needs for one reader: their own tickets by due time, numbers masked."""
    mine = [ticket for ticket in snapshot.tickets if viewer.extension in involved_in_ticket(ticket, None)]
    return {
        "now": now,
        "live": snapshot.live,
        "mine_now": [call for call in snapshot.live if call.answered_at and is_with(call, viewer.extension)],
        "incoming": incoming(snapshot.live, snapshot.tickets, snapshot.typed, viewer.extension),
        "recent": snapshot.recent,
        "today": snapshot.today,
        "mine": sorted(mine, key=_urgency),
        "unowned": sorted((ticket for ticket in snapshot.tickets if ticket.owner is None), key=_urgency),
        "number_of": viewer.caller_of,
        "contact_of": viewer.contact_of,
        "kind_name": kinds_named(snapshot.policies, say),
        "elapsed": lambda since: round(max(0.0, (now - since).total_seconds()), 1),
    }


def _urgency(ticket: Ticket) -> tuple[bool, datetime, str]:
    """To be completed first, then by due time."""
    return (ticket.status is not Status.REGISTERING, ticket.due_at or ticket.created_at, ticket.number)
