"""The digest of a working day's morning: for each person what is late, due today and waiting."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from callcenter.domain.reminders import ReminderKind, digest_day
from callcenter.domain.staff import Role
from callcenter.domain.tickets import Status
from callcenter.services.ports import TicketFilter, UnitOfWork
from callcenter.services.reminders import tell
from callcenter.services.rosters import roster_of

PILES = ("late", "today", "waiting")
MOST_NUMBERS = 5
_LIVE = (Status.OPEN, Status.WAITING)


def write_digest(uow: UnitOfWork, now: datetime) -> int:
    """Write the day's digest once its time has come, once; how many people have something to do.

    Who is away gets none: what they handle is with whoever stands in. Managers also read how many tickets
    wait for their decision and how many are nobody's.
    """
    rules = uow.rules.current
    day = digest_day(now, rules.policy.reminders.digest_at, rules.calendar)
    if day is None or not uow.reminders.begin_digest(day):
        return 0
    midnight = datetime.combine(day + timedelta(days=1), time(), rules.policy.zone)
    due = uow.reminders.due(now, midnight)
    roster = roster_of(uow, now)
    heads = _for_the_head(uow)
    told = 0
    for extension, member in roster.members.items():
        if extension in roster.away:
            continue
        piles = due.get(extension, {})
        data: dict[str, Any] = {
            pile: {"count": piles[pile][0], "numbers": piles[pile][1]} for pile in PILES if pile in piles
        }
        if member.role is Role.MANAGER:
            data |= heads
        if data:
            told += tell(uow, ReminderKind.DIGEST, f"digest:{day}", [extension], now, data=data)
    return told


def _for_the_head(uow: UnitOfWork) -> dict[str, Any]:
    """What only the head can decide or give to somebody."""
    found: dict[str, Any] = {}
    for pile, wanted in (
        ("nobodys", TicketFilter(statuses=_LIVE, unowned=True)),
        *(
            (f"decide_{what}", TicketFilter(awaits=what))
            for what in ("extension", "suggestion", "disagreement")
        ),
    ):
        tickets = uow.tickets.page(wanted, None, 100)
        if tickets:
            numbers = [ticket.number for ticket in tickets[:MOST_NUMBERS]]
            found[pile] = {"count": len(tickets), "numbers": numbers}
    return found
