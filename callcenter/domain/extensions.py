"""Extensions of a limit: what more working days mean to a clock, and when it would be due then (S10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.domain.chain import Value
from callcenter.domain.clocks import WorkingDays
from callcenter.domain.policy import Clock, Rules
from callcenter.domain.ticket_clocks import Run, due_of, is_meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A limit that would end at `new_due_at` instead of `due_at`; one of `working_days` and `minutes` is not 0."""

    run: Run
    clock: Clock
    due_at: datetime
    new_due_at: datetime
    working_days: int
    minutes: int

    def is_too_late(self, now: datetime) -> bool:
        """Whether the limit had run out; one that stands runs no further. Exactly at the due time is in time."""
        return (self.run.paused_at or now) > self.due_at


def extension(runs: Iterable[Run], clock: str, days: int, rules: Rules) -> Extension | None:
    """The first run under way of the clock with so many more working days; None if no such run can be extended.

    A limit in service hours gets the opening hours of so many ordinary working days.
    """
    for run in runs:
        found = run.clock
        if run.stopped_at is not None or found is None or found.name != clock or not found.extendable:
            continue
        if isinstance(found.limit, WorkingDays):
            return _longer(run, found, rules, days=days)
        return _longer(run, found, rules, minutes=int((_working_day(rules) * days).total_seconds()) // 60)
    return None


def as_it_stands(runs: Iterable[Run], request: Mapping[str, Value], rules: Rules) -> Extension | None:
    """The extension that was asked for by `request`, with the due times as they are now; None if its run has ended.

    A pause or a change of the matter since then has moved them.
    """
    days, minutes = int(str(request["working_days"])), int(str(request["minutes"]))
    for run in runs:
        if run.stopped_at is None and run.clock is not None and is_meant(request, run):
            return _longer(run, run.clock, rules, days=days, minutes=minutes)
    return None


def _longer(run: Run, clock: Clock, rules: Rules, *, days: int = 0, minutes: int = 0) -> Extension:
    more = replace(
        run, extra_days=run.extra_days + days, extra_span=run.extra_span + timedelta(minutes=minutes)
    )
    return Extension(
        run=run,
        clock=clock,
        due_at=due_of(run, clock, rules).due_at,
        new_due_at=due_of(more, clock, rules).due_at,
        working_days=days,
        minutes=minutes,
    )


def _working_day(rules: Rules) -> timedelta:
    return sum(
        (
            timedelta(
                hours=span.closes.hour - span.opens.hour, minutes=span.closes.minute - span.opens.minute
            )
            for span in rules.policy.hours.standard
        ),
        timedelta(0),
    )
