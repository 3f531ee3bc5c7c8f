"""The clocks of a ticket: a fold over its events, so that nothing ticks and nothing can drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from callcenter.domain.chain import TicketEvent
from callcenter.domain.clocks import due_time
from callcenter.domain.policy import Rules
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
    """One run of one clock; exactly at `due_at` is still in time. `stopped_at`: resolved or dismissed."""

    clock: str
    started_at: datetime
    due_at: datetime
    state: ClockState
    stopped_at: datetime | None = None
    provisional: bool = False

    def at(self, now: datetime) -> TicketClock:
        """This clock as it stands at `now`, if nothing has happened since it was folded."""
        late = self.state is ClockState.RUNNING and now > self.due_at
        return replace(self, state=ClockState.BREACHED) if late else self


@dataclass(slots=True)
class _Run:
    started_at: datetime
    complexity: str
    stopped_at: datetime | None = None
    cancelled: bool = False


def fold_clocks(
    events: Iterable[TicketEvent], rules: Rules, channel: str, now: datetime
) -> tuple[TicketClock, ...]:
    """The clocks of a ticket of `channel` at `now`, from its events in order; none before it opens.

    A change of complexity counts from the same start; a ticket opened again starts a new run.
    """
    complexity = rules.policy.default_complexity
    runs: list[_Run] = []
    for event in events:
        chosen = event.data.get("complexity")
        if isinstance(chosen, str):
            complexity = chosen
            if runs and runs[-1].stopped_at is None:
                runs[-1].complexity = chosen
        if event.kind in (EventKind.OPENED, EventKind.REOPENED):
            runs.append(_Run(started_at=event.at, complexity=complexity))
        elif runs and event.kind in (EventKind.RESOLVED, EventKind.DISMISSED):
            runs[-1].stopped_at = event.at
            runs[-1].cancelled = event.kind == EventKind.DISMISSED
    return tuple(clock for run in runs for clock in _clocks_of(run, rules, channel, now))


def _clocks_of(run: _Run, rules: Rules, channel: str, now: datetime) -> Iterable[TicketClock]:
    for clock in rules.policy.ticket_clocks(channel, run.complexity):
        due = due_time(clock.limit, run.started_at, rules.calendar)
        yield TicketClock(
            clock=clock.name,
            started_at=run.started_at,
            due_at=due.due_at,
            state=_state(run, due.due_at, now),
            stopped_at=run.stopped_at,
            provisional=due.provisional,
        )


def _state(run: _Run, due_at: datetime, now: datetime) -> ClockState:
    if run.cancelled:
        return ClockState.CANCELLED
    if (run.stopped_at or now) > due_at:
        return ClockState.BREACHED
    return ClockState.MET if run.stopped_at else ClockState.RUNNING


def next_due(clocks: Iterable[TicketClock]) -> TicketClock | None:
    """The clock to watch: the first to be due of those not stopped, late ones included; None if none runs."""
    return min((c for c in clocks if c.stopped_at is None), key=lambda clock: clock.due_at, default=None)
