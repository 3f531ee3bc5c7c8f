"""The clocks of a ticket with the working time that is left of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.calendar import WorkingCalendar
from callcenter.domain.policy import Rules
from callcenter.domain.ticket_clocks import ClockState, TicketClock
from web.i18n import Speech

LONGEST = timedelta(days=60)
"""Beyond this nobody counts minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One clock; `left` or `over` is working time in words, empty when it does not apply."""

    rule: str
    state: str
    due_at: datetime
    provisional: bool
    left: str = ""
    over: str = ""


def clock_lines(clocks: Iterable[TicketClock], rules: Rules, say: Speech, now: datetime) -> list[ClockLine]:
    """The clocks as a page shows them, the latest run first."""
    return [
        _line(clock, rules, say, now) for clock in sorted(clocks, key=lambda c: c.started_at, reverse=True)
    ]


def _line(clock: TicketClock, rules: Rules, say: Speech, now: datetime) -> ClockLine:
    left = over = ""
    if clock.stopped_at is None and abs(clock.due_at - now) < LONGEST:
        if clock.state is ClockState.RUNNING:
            left = hours_and_minutes(working_time(now, clock.due_at, rules.calendar), say)
        elif clock.state is ClockState.BREACHED:
            over = hours_and_minutes(working_time(clock.due_at, now, rules.calendar), say)
    known = rules.policy.clocks.get(clock.clock)
    return ClockLine(
        rule=known.rule if known else clock.clock,
        state=clock.state.value,
        due_at=clock.due_at,
        provisional=clock.provisional,
        left=left,
        over=over,
    )


def working_time(start: datetime, end: datetime, calendar: WorkingCalendar) -> timedelta:
    """How long the centre is open between two instants; zero when `end` is not after `start`."""
    total = timedelta(0)
    day = start.astimezone(calendar.zone).date()
    while day <= end.astimezone(calendar.zone).date():
        for opens, closes in calendar.sessions(day):
            total += max(min(closes, end) - max(opens, start), timedelta(0))
        day += timedelta(days=1)
    return total


def hours_and_minutes(span: timedelta, say: Speech) -> str:
    """A span of working time, such as "11 h 05 min"."""
    minutes = int(span.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if hours:
        return say.gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return say.gettext("%(minutes)s min") % {"minutes": rest}
