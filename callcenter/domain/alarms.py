"""What time alone brings to a ticket's clocks: a warning, the breach, and the steps up after it; each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """What is still to come of clocks that neither stopped nor stand, the earliest first.

    A breach and each step up come once in a run; a warning comes once before each due time that it had, so that who
    was warned is warned again after an extension or a pause.
    """
    told = {_told(event.kind, event.data) for event in events if event.kind in _ALARMS}
    pending = [
        alarm
        for clock in clocks
        if clock.stopped_at is None and clock.state is not ClockState.PAUSED
        for alarm in _alarms_of(clock, rules)
        if _told(*alarm.change) not in told
    ]
    return sorted(pending, key=lambda alarm: (alarm.at, alarm.kind))


_ALARMS = frozenset({EventKind.WARNED, EventKind.BREACHED, EventKind.ESCALATED})


def _told(kind: str, data: Mapping[str, Value]) -> tuple[Value, ...]:
    """What tells an alarm from the others of its ticket."""
    own = {EventKind.WARNED: "due_at", EventKind.ESCALATED: "role"}.get(EventKind(kind))
    run = (data.get("clock"), data.get("started_at"), data.get("subject") or "")
    return (kind, *run, data.get(own) if own else None)


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
