"""The centre's own closures and openings: setting them, and letting running clocks follow the calendar."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from callcenter.domain.calendar import Notice
from callcenter.domain.own_days import BadDays, OwnDay, OwnDayKind, first_changed
from callcenter.domain.policy import RuleBook
from callcenter.domain.text import clean
from callcenter.domain.tickets import Ticket
from callcenter.errors import ShouwenError
from callcenter.services.ports import UnitOfWork
from callcenter.services.ticket_log import refresh

log = logging.getLogger(__name__)

REASON_LIMIT = 200
SETTLED = timedelta(seconds=3)
"""So long after a change every process has the new calendar, and writes no due time of the old one."""
_PAGE = 100
FIRST_FEW = 25
"""What an answer of the console or the API waits for; the worker does the others."""
_YEARS_BACK, _YEARS_ON = 1, 10
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class WholeWork(UnitOfWork, Protocol):
    """A unit of work that this file commits itself: page after page, so that no lock is held for long."""

    def commit(self) -> None: ...


OpenWork = Callable[[], AbstractContextManager[WholeWork]]


def set_days(
    uow: UnitOfWork, days: Sequence[date], kind: OwnDayKind, reason: str, *, by: str, now: datetime
) -> None:
    """Make the days closures or openings, whatever they were; raises BadDays."""
    why = clean(reason, REASON_LIMIT)
    if why is None:
        raise BadDays("say why, in a few words: the explanation of due times shows it")
    uow.own_days.put(OwnDay(day=day, kind=kind, reason=why, set_by=by, set_at=now) for day in days)
    uow.own_days.note_change(now)


def forget_days(uow: UnitOfWork, days: Sequence[date], now: datetime) -> int:
    """Take own days back; how many there were. Raises BadDays if none of these is one."""
    count = uow.own_days.remove(days)
    if not count:
        raise BadDays("none of these days is a closure or opening of the centre's own")
    uow.own_days.note_change(now)
    return count


def move_clocks(
    uow: UnitOfWork, first: date, now: datetime, *, after: str = "", limit: int = _PAGE
) -> tuple[int, str | None]:
    """Fold anew the clocks of some open tickets that a change from the day `first` on moves.

    How many there were, and the number after which to go on; None when all are done. Nothing enters the log,
    and what the log says of warnings and breaches stays.
    """
    begin = datetime.combine(first, time.min, uow.rules.current.calendar.zone)
    page = uow.tickets.reached_by(begin, limit, after)
    _fold_anew(uow, page, now)
    return len(page), page[-1].number if len(page) == limit else None


def _fold_anew(uow: UnitOfWork, page: Iterable[Ticket], now: datetime) -> list[Ticket]:
    """The tickets as they are then; one whose rules cannot be read (any more) must not hold up the others."""
    done: list[Ticket] = []
    for ticket in page:
        try:
            done.append(refresh(uow, ticket, now))
        except ShouwenError:
            log.exception("the clocks of this ticket stay as they were ticket=%s", ticket.number)
    return done


def follow_calendar(open_work: OpenWork, clock: Callable[[], datetime]) -> int:
    """Let the clocks of all open tickets follow what the calendar has become; how many tickets were looked at.

    What it has become: other own days, a new year's notice from the library or the centre's file. A change
    less than three seconds old waits, so that no process still works with the calendar before it.
    """
    with open_work() as uow:
        now = clock()
        calendar = description(uow.rules, now)
        followed = uow.own_days.followed()
        before, changed_at = followed or ({}, None)
        if before == calendar and changed_at is None:
            return 0
        if changed_at is not None and now - changed_at < SETTLED:
            return 0
        # The first time the notices are those that every due time so far rests on.
        first = first_changed(before or {key: calendar[key] for key in calendar if len(key) == 4}, calendar)
    count = move_all(open_work, first or _NEVER.date(), now)
    with open_work() as uow:
        uow.own_days.follow(calendar, changed_at)
        uow.commit()
    return count


def move_all(open_work: OpenWork, first: date, now: datetime) -> int:
    """Fold anew the clocks of every open ticket that a change from `first` on moves, page after page; how many."""
    count, after = 0, ""
    while True:
        with open_work() as uow:
            done, last = move_clocks(uow, first, now, after=after)
            uow.commit()
        count += done
        if last is None:
            return count
        after = last


def settle_provisional(open_work: OpenWork, now: datetime) -> int:
    """Fold anew the clocks of every ticket whose due time waits for a year's notice, page after page.

    How many are settled. They follow the calendar when it changes; this finds what another process, which read it a
    moment later, wrote meanwhile.
    """
    settled, after = 0, ""
    while True:
        with open_work() as uow:
            page = uow.tickets.provisional(_PAGE, after)
            settled += sum(not ticket.provisional for ticket in _fold_anew(uow, page, now))
            uow.commit()
        if len(page) < _PAGE:
            return settled
        after = page[-1].number


def description(rules: RuleBook, now: datetime) -> dict[str, str]:
    """The calendar in short: each own day by its kind, each year of notices by its digest."""
    days = {day.isoformat(): kind.value for day, kind in rules.own_days.items()}
    calendar = rules.current.calendar
    for year in range(now.year - _YEARS_BACK, now.year + _YEARS_ON):
        notice = calendar.notice(year)
        if notice is not None:
            days[f"{year:04}"] = _digest(notice)
    return days


def _digest(notice: Notice) -> str:
    text = ";".join(",".join(str(day) for day in sorted(part)) for part in (notice.off, notice.makeup))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
