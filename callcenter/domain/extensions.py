"""Extensions of a limit: what more working days mean to a clock, and when it would be due then (S10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.domain.clocks import WorkingDays
from callcenter.domain.policy import Clock, Rules
from callcenter.domain.ticket_clocks import Run, due_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A limit that would end at `new_due_at` instead of `due_at`; one of `working_days` and `minutes` is not 0."""

    run: Run
    clock: Clock
    due_at: datetime
    new_due_at: datetime
    working_days: int
    minutes: int


def extension(runs: Iterable[Run], clock: str, days: int, rules: Rules) -> Extension | None:
    """The first run under way of the clock with so many more working days; None if no such run can be extended.

    A limit in service hours gets the opening hours of so many ordinary working days.
    """
    for run in runs:
        found = run.clock
        if run.stopped_at is not None or found is None or found.name != clock or not found.extendable:
            continue
        in_days = isinstance(found.limit, WorkingDays)
        span = timedelta(0) if in_days else _working_day(rules) * days
        longer = replace(
            run, extra_days=run.extra_days + (days if in_days else 0), extra_span=run.extra_span + span
        )
        return Extension(
            run=run,
            clock=found,
            due_at=due_of(run, found, rules).due_at,
            new_due_at=due_of(longer, found, rules).due_at,
            working_days=days if in_days else 0,
            minutes=int(span.total_seconds()) // 60,
        )
    return None


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
