"""What time alone brings to a ticket's clocks: a warning, the breach, and the steps up after it; each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.clocks import NoDueTime, ServiceTime, due_time
from callcenter.domain.policy import EscalationRole, Rules
from callcenter.domain.ticket_clocks import ClockState, TicketClock
from callcenter.domain.tickets import Change, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is to be recorded once the instant `at` has passed."""

    at: datetime
    kind: EventKind
    clock: TicketClock
    role: EscalationRole | None = None

    @property
    def change(self) -> Change:
        """As the log has it: with the true due time, however late it is recorded."""
        name, started_at, subject = self.clock.run
        data: dict[str, Value] = {"clock": name, "started_at": started_at}
        data["due_at"] = self.clock.due_at.isoformat()
        if subject:
            data["subject"] = subject
        if self.role is not None:
            data["role"] = self.role.value
        return self.kind, data


def alarms(clocks: Sequence[TicketClock], events: Iterable[TicketEvent], rules: Rules) -> list[Alarm]:
    """What is still to come of clocks that neither stopped nor stand, the earliest first."""
    told = {
        (event.kind, event.data.get("clock"), event.data.get("started_at"), event.data.get("subject") or "")
        + ((event.data.get("role"),) if event.kind == EventKind.ESCALATED else ())
        for event in events
        if event.kind in (EventKind.WARNED, EventKind.BREACHED, EventKind.ESCALATED)
    }
    pending = [
        alarm
        for clock in clocks
        if clock.stopped_at is None and clock.state is not ClockState.PAUSED
        for alarm in _alarms_of(clock, rules)
        if (alarm.kind, *clock.run, *((alarm.role.value,) if alarm.role else ())) not in told
    ]
    return sorted(pending, key=lambda alarm: (alarm.at, alarm.kind))


def _alarms_of(clock: TicketClock, rules: Rules) -> Iterator[Alarm]:
    if clock.warn_at is not None and clock.warn_at < clock.due_at:
        yield Alarm(at=clock.warn_at, kind=EventKind.WARNED, clock=clock)
    yield Alarm(at=clock.due_at, kind=EventKind.BREACHED, clock=clock)
    for step in rules.policy.escalations:
        if step.after is None:
            continue
        try:
            at = due_time(ServiceTime(span=step.after), clock.due_at, rules.calendar).due_at
        except NoDueTime:
            continue
        yield Alarm(
            at=at if step.after else clock.due_at, kind=EventKind.ESCALATED, clock=clock, role=step.role
        )


def overdue(pending: Iterable[Alarm], now: datetime) -> list[Alarm]:
    """Those to record at `now`; a warning of what has run out already is left out."""
    return [
        alarm
        for alarm in pending
        if alarm.at < now and not (alarm.kind is EventKind.WARNED and alarm.clock.due_at < now)
    ]


def next_alarm(pending: Iterable[Alarm]) -> datetime | None:
    """When time alone next brings something; None if it never does."""
    return min((alarm.at for alarm in pending), default=None)
