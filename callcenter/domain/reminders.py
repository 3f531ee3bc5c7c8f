"""Reminders: who is told what, once; when nobody is disturbed; how long a delivery is tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.absences import Roster
from callcenter.domain.calendar import WORKING, Span, WorkingCalendar
from callcenter.domain.policy import Escalation, EscalationRole
from callcenter.domain.tickets import Change, EventKind, Ticket

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=1)


class ReminderKind(StrEnum):
    """What a reminder is about."""

    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"
    APPROVAL = "approval"
    DECISION = "decision"
    NOTICE = "notice"
    HEAD_INFORMED = "head_informed"
    HANDED = "handed"
    COVER = "cover"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One fact for one person, told once: `fact` says which. `data` holds no personal data.

    `not_before`: the end of the quiet hours. `reached`: ids of the addresses that have it already.
    """

    id: int = 0
    kind: ReminderKind
    recipient: str
    fact: str
    ticket: str | None = None
    created_at: datetime
    not_before: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    seen_at: datetime | None = None
    sent_at: datetime | None = None
    tries: int = 0
    last_error: str | None = None
    gave_up_at: datetime | None = None
    reached: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person is reached outside the console: a URL of Apprise, a secret; `shown` is what may be seen.

    `trusted`: a manager put it in, so it may lead into this machine.
    """

    id: int = 0
    extension: str
    url: str = field(repr=False)
    shown: str
    trusted: bool
    created_at: datetime


def end_of_quiet(now: datetime, quiet: Sequence[Span], zone: ZoneInfo) -> datetime:
    """The first instant from `now` on that is in no quiet span (local; begin inclusive, end exclusive).

    A span whose end is before its begin runs over midnight; one that is empty disturbs nobody's sleep.
    """
    at = now
    for _ in range(len(quiet) + 1):
        ends = [end for span in quiet if (end := _end_of(span, at, zone)) is not None]
        if not ends:
            return at
        at = max(ends)
    return at


def _end_of(span: Span, at: datetime, zone: ZoneInfo) -> datetime | None:
    local = at.astimezone(zone)
    over_midnight = span.closes < span.opens
    wall = local.time()
    inside = (wall >= span.opens or wall < span.closes) if over_midnight else span.opens <= wall < span.closes
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and wall >= span.opens else local.date()
    return datetime.combine(day, span.closes, zone).astimezone(at.tzinfo)


def digest_day(now: datetime, digest_at: time | None, calendar: WorkingCalendar) -> date | None:
    """The working day whose digest is to be written at `now`: from `digest_at` until that day's closing."""
    local = now.astimezone(calendar.zone)
    day = local.date()
    if digest_at is None or calendar.kind(day) not in WORKING or local.time() < digest_at:
        return None
    return day if now < calendar.closing(day) else None


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many failed tries: a minute, then twice as long each time, at most an hour."""
    doubled: int = 1 << min(max(tries - 1, 0), 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def is_hopeless(created_at: datetime, now: datetime) -> bool:
    """Whether a delivery has been tried for long enough."""
    return now - created_at >= GIVE_UP_AFTER


def told_of_alarm(
    change: Change, ticket: Ticket, roster: Roster, escalations: Iterable[Escalation]
) -> tuple[ReminderKind, str, list[str]] | None:
    """Kind, fact and recipients of a warning, a breach or a step up; None for any other change.

    A breach and the steps after it are one fact: who knows of it is not told again. A warning is one of its due time.
    """
    kind, data = change
    run = ":".join(str(data.get(key) or "") for key in ("clock", "started_at", "subject"))
    if kind is EventKind.WARNED:
        roles = [step.role for step in escalations if step.after is None]
        people = [person for role in roles for person in of_role(role, ticket, roster)]
        return ReminderKind.WARNING, f"warned:{ticket.number}:{run}:{data.get('due_at')}", people
    if kind is EventKind.BREACHED:
        return (
            ReminderKind.BREACH,
            f"late:{ticket.number}:{run}",
            of_role(EscalationRole.OWNER, ticket, roster),
        )
    if kind is EventKind.ESCALATED:
        people = of_role(EscalationRole(str(data["role"])), ticket, roster)
        return ReminderKind.ESCALATION, f"late:{ticket.number}:{run}", people
    return None


def of_role(role: EscalationRole, ticket: Ticket, roster: Roster) -> list[str]:
    """Who is told as `role`; of nobody's ticket the managers and everybody on duty."""
    if role is EscalationRole.HEAD:
        return roster.managers
    if ticket.owner is None:
        return [*roster.managers, *roster.on_duty]
    owner = ticket.owner.extension
    if role is EscalationRole.OWNER:
        return [roster.acting(owner)]
    deputy = roster.deputy(owner)
    return [deputy] if deputy else []
