"""What somebody has to do today, the most urgent first, and what is at risk in the whole centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.staff import StaffMember
from callcenter.domain.ticket_clocks import TicketClock, next_due
from callcenter.domain.tickets import Status, Ticket
from callcenter.domain.today import PersonCount
from callcenter.services.ports import UnitOfWork

SHOWN = 25
COUNTED = 999
_UNDER_WAY = (Status.OPEN, Status.WAITING)
_RUNNING = (*_UNDER_WAY, Status.RESOLVED)


class TodayLists(Protocol):
    """Lists that an index finds; see `callcenter.db.today`."""

    def of_people(
        self,
        extensions: Sequence[str],
        statuses: Sequence[Status],
        limit: int,
        *,
        due_from: datetime | None = None,
        due_before: datetime | None = None,
        at_risk: bool = False,
        paused: bool = False,
        of_others: bool = False,
    ) -> list[Ticket]: ...
    def unowned(self, limit: int) -> list[Ticket]: ...
    def overdue(self, now: datetime, limit: int) -> list[Ticket]: ...
    def at_risk(self, now: datetime, limit: int) -> list[Ticket]: ...
    def people(self, extensions: Sequence[str], now: datetime, limit: int) -> list[PersonCount]: ...


class TodayWork(UnitOfWork, Protocol):
    """A unit of work that has these lists."""

    @property
    def today(self) -> TodayLists: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Tickets of one kind of urgency. `more`: there are others that are not shown."""

    key: str
    tickets: tuple[Ticket, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreToday:
    """The whole centre, for its head."""

    piles: tuple[Pile, ...]
    people: tuple[tuple[StaffMember, PersonCount], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One person's day. `waiting_for`: of each ticket the clock to be met next."""

    piles: tuple[Pile, ...]
    centre: CentreToday | None
    waiting_for: Mapping[str, TicketClock]


def my_today(work: TodayWork, extension: str, *, is_head: bool, now: datetime, zone: ZoneInfo) -> Today:
    """The day of `extension`: each ticket in the first pile that it belongs to."""
    lists, me = work.today, [extension]
    midnight = _next_midnight(now, zone)
    limit = SHOWN + 1
    found = [
        ("late", lists.of_people(me, _RUNNING, limit, due_before=now)),
        ("today", lists.of_people(me, _UNDER_WAY, limit, due_from=now, due_before=midnight)),
        ("risk", lists.of_people(me, _UNDER_WAY, limit, due_from=midnight, at_risk=True)),
        ("registering", lists.of_people(me, (Status.REGISTERING,), limit)),
        ("unowned", lists.unowned(limit)),
        ("ask", lists.of_people(me, (Status.RESOLVED,), limit, due_from=now)),
        ("papers", lists.of_people(me, (Status.WAITING,), limit, paused=True)),
        ("stand_in", lists.of_people(me, _UNDER_WAY, limit, of_others=True)),
    ]
    piles = _each_once(found)
    centre = _centre(work, now) if is_head else None
    shown = [ticket for pile in (*piles, *(centre.piles if centre else ())) for ticket in pile.tickets]
    clocks = work.tickets.clocks([ticket.number for ticket in shown])
    nearest = {number: next_due(each) for number, each in clocks.items()}
    return Today(
        piles=piles,
        centre=centre,
        waiting_for={number: clock for number, clock in nearest.items() if clock is not None},
    )


def _centre(work: TodayWork, now: datetime) -> CentreToday:
    people = {member.extension: member for member in work.staff.everybody()}
    counts = work.today.people(list(people), now, COUNTED)
    piles = _each_once(
        [("late", work.today.overdue(now, SHOWN + 1)), ("risk", work.today.at_risk(now, SHOWN + 1))]
    )
    busy = sorted(
        counts, key=lambda count: (-count.overdue, -count.at_risk, -count.under_way, count.extension)
    )
    return CentreToday(
        piles=piles,
        people=tuple((people[count.extension], count) for count in busy if count.under_way or count.overdue),
    )


def _each_once(found: Sequence[tuple[str, list[Ticket]]]) -> tuple[Pile, ...]:
    piles: list[Pile] = []
    seen: set[str] = set()
    for key, tickets in found:
        fresh = [ticket for ticket in tickets if ticket.number not in seen]
        seen.update(ticket.number for ticket in fresh)
        if fresh:
            piles.append(Pile(key=key, tickets=tuple(fresh[:SHOWN]), more=len(tickets) > SHOWN))
    return tuple(piles)


def _next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (local + timedelta(days=1)).replace(tzinfo=zone)
