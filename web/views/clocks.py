"""The clocks of a ticket: how each stands, the working time left of it, and its due time day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.domain.calendar import DayKind, WorkingCalendar
from callcenter.domain.chain import TicketEvent
from callcenter.domain.clocks import LedgerDay, Mark, WorkingDays
from callcenter.domain.policy import Clock, Policy, Rules
from callcenter.domain.ticket_clocks import ClockState, Run, TicketClock, due_of, fold_clocks, fold_runs
from callcenter.domain.tickets import Status, Ticket
from web.i18n import N_, Speech
from web.views.step_words import clock_asks
from web.views.tickets import name_of

LONGEST = timedelta(days=60)
"""Beyond this nobody counts minutes."""
DAY_KINDS = {
    DayKind.WORKDAY: N_("Working day"),
    DayKind.WEEKEND: N_("Weekend"),
    DayKind.HOLIDAY: N_("Public holiday"),
    DayKind.MAKEUP: N_("Make-up working day"),
    DayKind.CLOSURE: N_("The centre is closed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRun:
    """One run of a clock with all that is known of it."""

    run: Run
    rule: Clock
    clock: TicketClock
    ledger: tuple[LedgerDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One day of the way to a due time; `count` is its place among the days that counted, 0 if it did not."""

    day: str
    kind: str
    count: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """One clock; `left` or `over` is working time in words, empty when it does not apply."""

    key: str
    rule: str
    asks: str
    state: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None
    stopped_at: datetime | None
    provisional: bool
    is_over: bool
    """Whether nothing runs any more."""
    stands_since: datetime | None
    would_be_due: datetime | None
    """While it stands: when it would be due if it went on now."""
    paused: tuple[tuple[datetime, datetime], ...]
    due_before_extension: datetime | None
    ledger: tuple[LedgerLine, ...]
    in_days: bool
    source: TicketRun
    left: str = ""
    over: str = ""


def ticket_runs(
    ticket: Ticket, events: Sequence[TicketEvent], rules: Rules, now: datetime
) -> list[TicketRun]:
    """The runs of every clock of the ticket, in the order in which they began; none while nothing runs on it."""
    if ticket.status in (Status.REGISTERING, Status.DISMISSED):
        return []
    runs = [(run, run.clock) for run in fold_runs(events, rules, ticket.channel) if run.clock is not None]
    clocks = fold_clocks(events, rules, ticket.channel, now)
    return [
        TicketRun(run=run, rule=rule, clock=clock, ledger=due_of(run, rule, rules).ledger)
        for (run, rule), clock in zip(runs, clocks, strict=True)
        if rule is not None
    ]


def clock_lines(runs: Sequence[TicketRun], rules: Rules, say: Speech, now: datetime) -> list[ClockLine]:
    """The clocks as a page shows them: what runs by due time, then what is over, the latest first."""
    running = sorted((each for each in runs if each.clock.stopped_at is None), key=lambda e: e.clock.due_at)
    over = sorted(
        (each for each in runs if each.clock.stopped_at is not None),
        key=lambda each: each.clock.stopped_at or each.clock.started_at,
        reverse=True,
    )
    return [_line(each, rules, say, now) for each in (*running, *over)]


def _line(each: TicketRun, rules: Rules, say: Speech, now: datetime) -> ClockLine:
    clock, run = each.clock, each.run
    left = over = ""
    if clock.stopped_at is None and abs(clock.due_at - now) < LONGEST:
        if clock.state is ClockState.RUNNING:
            left = hours_and_minutes(working_time(now, clock.due_at, rules.calendar), say)
        elif clock.state is ClockState.BREACHED:
            over = hours_and_minutes(working_time(clock.due_at, now, rules.calendar), say)
    stands = run.paused_at if run.stopped_at is None else None
    going_on = replace(run, pauses=[*run.pauses, (stands, now)]) if stands and stands < now else None
    office = office_name(rules.policy, clock.subject, say)
    return ClockLine(
        key=clock.clock,
        rule=each.rule.rule,
        asks=f"{clock_asks(each.rule, say)} · {office}" if office else clock_asks(each.rule, say),
        state=clock.state.value,
        started_at=clock.started_at,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        stopped_at=clock.stopped_at,
        provisional=clock.provisional and clock.stopped_at is None,
        is_over=clock.stopped_at is not None,
        stands_since=stands,
        would_be_due=due_of(going_on, each.rule, rules).due_at if going_on else None,
        paused=tuple(run.pauses),
        due_before_extension=before_extension(each, rules),
        ledger=tuple(_ledger(each, say)),
        in_days=isinstance(each.rule.limit, WorkingDays),
        source=each,
        left=left,
        over=over,
    )


def before_extension(each: TicketRun, rules: Rules) -> datetime | None:
    """When the run would have been due without its extension; None if it has none."""
    run = each.run
    if not run.extra_days and not run.extra_span:
        return None
    plain = replace(run, extra_days=0, extra_span=timedelta(0))
    return due_of(plain, each.rule, rules).due_at


def office_name(policy: Policy, key: str, say: Speech) -> str:
    """An office by its name; empty for none."""
    return name_of(policy.offices, key, say) if key else ""


def _ledger(each: TicketRun, say: Speech) -> list[LedgerLine]:
    lines: list[LedgerLine] = []
    count = 0
    in_days = isinstance(each.rule.limit, WorkingDays)
    for position, day in enumerate(each.ledger):
        count += day.counted
        note = ""
        if day.mark is Mark.PAUSED:
            note = say.gettext("stood still")
        elif day.mark is Mark.EXTENDED:
            note = say.gettext("from the extension")
        elif in_days and position == 0:
            note = say.gettext("the day it began does not count")
        lines.append(
            LedgerLine(
                day=say.day(day.day),
                kind=say.gettext(DAY_KINDS[day.kind]),
                count=count if day.counted else 0,
                note=note,
            )
        )
    return lines


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
