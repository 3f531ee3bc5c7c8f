"""The clocks of a ticket: a fold over its events, so that nothing ticks and nothing can drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.clocks import Due, Elapsed, Pause, WorkingDays, due_time, working_time_before
from callcenter.domain.policy import Clock, Rules
from callcenter.domain.tickets import EventKind


class ClockState(StrEnum):
    """How a clock stands, in the contract's words."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClock:
    """One run of one clock; exactly at `due_at` is still in time. `stopped_at`: met, cancelled or dismissed.

    `subject`: the office whose run it is, of a clock that each office has. `warn_at`: when the warning goes
    out; None where the policy wants none.
    """

    clock: str
    started_at: datetime
    due_at: datetime
    state: ClockState
    subject: str = ""
    stopped_at: datetime | None = None
    provisional: bool = False
    warn_at: datetime | None = None

    def at(self, now: datetime) -> TicketClock:
        """This clock as it stands at `now`, if nothing has happened since it was folded."""
        late = self.state is ClockState.RUNNING and now > self.due_at
        return replace(self, state=ClockState.BREACHED) if late else self

    @property
    def run(self) -> tuple[str, str, str]:
        """What tells this run from all others of its ticket, as the log writes it."""
        return self.clock, self.started_at.isoformat(), self.subject


ANSWERS: Mapping[str, frozenset[str]] = {
    EventKind.RESOLVED: frozenset({EventKind.REPLIED, EventKind.ACKNOWLEDGED, EventKind.PROGRESS_TOLD}),
    EventKind.REPLIED: frozenset({EventKind.ACKNOWLEDGED}),
}
"""Who is told the result has been replied to: an event that counts as others too."""

ENDS = frozenset({EventKind.RESOLVED, EventKind.DISMISSED, EventKind.CLOSED, EventKind.REOPENED})
"""Events after which what still runs has nothing to wait for."""


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a family of clocks: those of one rule that differ by complexity or kind alone."""

    family: tuple[Clock, ...]
    started_at: datetime
    subject: str
    kind: str
    complexity: str
    missing: set[str]
    stopped_at: datetime | None = None
    cancelled: bool = False
    dismissed: bool = False
    pauses: list[Pause] = field(default_factory=list)
    paused_at: datetime | None = None
    extra_days: int = 0
    extra_span: timedelta = timedelta(0)

    def go_on(self, at: datetime) -> None:
        """End the pause, if it stands."""
        if self.paused_at is not None:
            self.pauses.append((self.paused_at, at))
            self.paused_at = None

    @property
    def clock(self) -> Clock | None:
        """The member that fits the matter as it was told last; None if none does."""
        of_kind = [clock for clock in self.family if clock.kind in (self.kind, None)]
        exact = (clock for clock in of_kind if clock.complexity in (self.complexity, None))
        return next(exact, next((clock for clock in of_kind if clock.otherwise), None))


def fold_clocks(
    events: Iterable[TicketEvent], rules: Rules, channel: str, now: datetime, *, kind: str | None = None
) -> tuple[TicketClock, ...]:
    """The clocks of a ticket of `channel` at `now`, from its events in order; none before it opens.

    `kind` is what the ticket was before anything was written down, else the policy's first. A change of kind
    or complexity counts from the same start; a ticket that is opened again starts new runs.
    """
    runs = fold_runs(events, rules, channel, kind=kind)
    return tuple(clock for run in runs for clock in _clock_of(run, rules, now))


def fold_runs(
    events: Iterable[TicketEvent], rules: Rules, channel: str, *, kind: str | None = None
) -> list[Run]:
    """The runs of every clock of a ticket, in the order in which they started."""
    families = _families(rules, channel)
    matter = {"kind": kind or rules.policy.kinds[0].key, "complexity": rules.policy.default_complexity}
    runs: list[Run] = []
    for event in events:
        _take_in_matter(event, matter, runs)
        repeated = _stop(event, runs)
        _pause_or_extend(event, runs)
        for family in families:
            if event.kind in family[0].starts or family in repeated:
                _start(event, family, matter, runs)
    return runs


def _families(rules: Rules, channel: str) -> list[tuple[Clock, ...]]:
    found: dict[tuple[object, ...], list[Clock]] = {}
    for clock in rules.policy.clocks.values():
        if clock.channel in (channel, "any"):
            found.setdefault((clock.rule, clock.channel, clock.starts, clock.stops), []).append(clock)
    return [tuple(family) for family in found.values()]


def _take_in_matter(event: TicketEvent, matter: dict[str, str], runs: list[Run]) -> None:
    for name in matter:
        chosen = event.data.get(name)
        if isinstance(chosen, str) and event.kind in _TELLS_MATTER:
            matter[name] = chosen
    for run in runs:
        if run.stopped_at is None:
            run.kind, run.complexity = matter["kind"], matter["complexity"]


_TELLS_MATTER = frozenset(
    {EventKind.REGISTERED, EventKind.OPENED, EventKind.FORM_SAVED, EventKind.COMPLEXITY_SET}
)


def _stop(event: TicketEvent, runs: list[Run]) -> list[tuple[Clock, ...]]:
    """Stop what this event stops; the families that repeat and start anew."""
    done = {event.kind} | ANSWERS.get(event.kind, frozenset())
    again: list[tuple[Clock, ...]] = []
    for run in runs:
        if run.stopped_at is not None or (
            run.subject and event.data.get("office", run.subject) != run.subject
        ):
            continue
        run.missing -= done
        if not run.missing:
            run.go_on(event.at)
            run.stopped_at = event.at
            if run.family[0].repeats and event.kind not in ENDS:
                again.append(run.family)
        elif event.kind in ENDS:
            run.go_on(event.at)
            run.stopped_at = event.at
            run.cancelled = True
            run.dismissed = event.kind == EventKind.DISMISSED
    return again


def _pause_or_extend(event: TicketEvent, runs: list[Run]) -> None:
    for run in runs:
        if run.stopped_at is not None:
            continue
        if event.kind == EventKind.PAPERS_MISSING and run.family[0].pauses:
            run.paused_at = event.at
        elif event.kind in (EventKind.PAPERS_RECEIVED, EventKind.RESUMED):
            run.go_on(event.at)
        elif event.kind == EventKind.EXTENSION_GRANTED and is_meant(event.data, run):
            days, minutes = event.data.get("working_days"), event.data.get("minutes")
            run.extra_days += days if isinstance(days, int) else 0
            run.extra_span += timedelta(minutes=minutes) if isinstance(minutes, int) else timedelta(0)


def is_meant(data: Mapping[str, Value], run: Run) -> bool:
    """Whether an event's `data` (clock, started_at, subject) name this run, whatever the matter became since."""
    return (
        any(clock.name == data.get("clock") for clock in run.family)
        and run.started_at.isoformat() == data.get("started_at")
        and run.subject == (data.get("subject") or "")
    )


def _start(event: TicketEvent, family: tuple[Clock, ...], matter: Mapping[str, str], runs: list[Run]) -> None:
    office = event.data.get("office")
    subject = office if family[0].per_office and isinstance(office, str) else ""
    earlier = [run for run in runs if run.family is family and run.subject == subject]
    if any(run.stopped_at is None for run in earlier):
        return
    if family[0].once and any(not run.cancelled for run in earlier):
        return
    # Stopped and started in the same instant: one run, not two that nothing could tell apart.
    runs[:] = [run for run in runs if run not in earlier or run.started_at != event.at]
    runs.append(
        Run(
            family=family,
            started_at=event.at,
            subject=subject,
            kind=matter["kind"],
            complexity=matter["complexity"],
            missing=set(family[0].stops),
        )
    )


def _clock_of(run: Run, rules: Rules, now: datetime) -> Iterator[TicketClock]:
    clock = run.clock
    if clock is None:
        return
    due = due_of(run, clock, rules)
    yield TicketClock(
        clock=clock.name,
        started_at=run.started_at,
        due_at=due.due_at,
        state=_state(run, due.due_at, now),
        subject=run.subject,
        stopped_at=run.stopped_at,
        provisional=due.provisional,
        warn_at=_warn_at(clock, run.started_at, due.due_at, rules),
    )


def due_of(run: Run, clock: Clock, rules: Rules) -> Due:
    """When the run is due, day by day. While it stands: as if it went on at once."""
    extra: int | timedelta = run.extra_days if isinstance(clock.limit, WorkingDays) else run.extra_span
    return due_time(clock.limit, run.started_at, rules.calendar, pauses=run.pauses, extra=extra)


def _warn_at(clock: Clock, started_at: datetime, due_at: datetime, rules: Rules) -> datetime | None:
    if clock.warn_before is None:
        return None
    if isinstance(clock.limit, Elapsed):
        return max(started_at, due_at - clock.warn_before)
    return max(started_at, working_time_before(due_at, clock.warn_before, rules.calendar))


def _state(run: Run, due_at: datetime, now: datetime) -> ClockState:
    if run.dismissed:
        return ClockState.CANCELLED
    if (run.stopped_at or run.paused_at or now) > due_at:
        return ClockState.BREACHED
    if run.cancelled:
        return ClockState.CANCELLED
    if run.stopped_at is not None:
        return ClockState.MET
    return ClockState.PAUSED if run.paused_at is not None else ClockState.RUNNING


def next_due(clocks: Iterable[TicketClock]) -> TicketClock | None:
    """The clock to watch: the first to be due of those not stopped, late ones included; None if none runs."""
    running = (c for c in clocks if c.stopped_at is None and c.state is not ClockState.PAUSED)
    return min(running, key=lambda clock: clock.due_at, default=None)


def unstopped(clocks: Sequence[TicketClock]) -> list[TicketClock]:
    """The clocks that nothing has ended, paused ones included."""
    return [clock for clock in clocks if clock.stopped_at is None]
