"""Reminders: written in the same transaction as what causes them, read and marked as seen by their reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.domain.absences import Roster
from callcenter.domain.calls import Person
from callcenter.domain.chain import TicketEvent
from callcenter.domain.reminders import Address, Reminder, ReminderKind, end_of_quiet, told_of_alarm
from callcenter.domain.steps import STEPS, Step
from callcenter.domain.tickets import Change, EventKind, Ticket
from callcenter.errors import ShouwenError
from callcenter.services.cursors import BadCursor
from callcenter.services.ports import UnitOfWork
from callcenter.services.rosters import roster_of
from callcenter.services.rules import rules_of
from callcenter.services.staff import active_member
from callcenter.services.ticket_sweeps import record_alarms

MOST_ADDRESSES = 5
LONGEST_ADDRESS = 1000


class NoSuchReminder(ShouwenError):
    """There is no such reminder of yours."""


class NoSuchAddress(ShouwenError):
    """There is no such address."""


class TooManyAddresses(ShouwenError):
    """Somebody has as many addresses as they may have: remove one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPage:
    """Some of a person's reminders, the newest first; `next` is the cursor of those behind."""

    items: list[Reminder]
    next: str | None


def tell(
    uow: UnitOfWork,
    kind: ReminderKind,
    fact: str,
    people: Iterable[str],
    now: datetime,
    *,
    ticket: Ticket | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Write a reminder for each of `people`, unless they have this fact already; outside the quiet hours.

    `data` must hold no personal data. How many are new.
    """
    policy = uow.rules.current.policy
    not_before = end_of_quiet(now, policy.reminders.quiet, policy.zone)
    return uow.reminders.add(
        Reminder(
            kind=kind,
            recipient=person,
            fact=fact,
            ticket=ticket.number if ticket else None,
            created_at=now,
            not_before=not_before,
            data=data or {},
        )
        for person in dict.fromkeys(people)
    )


def remind_of_alarms(uow: UnitOfWork, now: datetime) -> int:
    """Log what time brought to tickets, and tell those whom the policy names; how many tickets."""
    done = record_alarms(uow, now)
    roster = roster_of(uow, now) if done else None
    for ticket, changes in done:
        for change in changes:
            if roster is not None:
                _tell_of_alarm(uow, change, ticket, roster, now)
    return len(done)


def _tell_of_alarm(uow: UnitOfWork, change: Change, ticket: Ticket, roster: Roster, now: datetime) -> None:
    told = told_of_alarm(change, ticket, roster, rules_of(uow, ticket).policy.escalations)
    if told is None:
        return
    kind, fact, people = told
    data = {key: change[1][key] for key in ("clock", "due_at") if key in change[1]}
    tell(uow, kind, fact, _known(people, roster), now, ticket=ticket, data=data)


def tell_of_step(
    uow: UnitOfWork, step: Step, ticket: Ticket, log: Sequence[TicketEvent], actor: Person, now: datetime
) -> None:
    """Tell the head what is laid before them, and whoever asked what was decided. `log`: before the step."""
    if not (step.asks or step.decides or step.event is EventKind.COMPLAINT_REFERRED):
        return
    roster = roster_of(uow, now)
    fact = f"{step.event}:{ticket.number}:{ticket.version}"
    if step.asks:
        kind, people, data = ReminderKind.APPROVAL, roster.managers, {"about": step.asks}
    elif step.decides:
        kind, people = ReminderKind.DECISION, [roster.acting(asker) for asker in _askers(log, step.decides)]
        data = {"about": step.decides}
    else:
        kind, people, data = ReminderKind.HEAD_INFORMED, roster.managers, {}
    others = [person for person in _known(people, roster) if person != actor.extension]
    tell(uow, kind, fact, others, now, ticket=ticket, data=data)


def _askers(log: Sequence[TicketEvent], decided: str) -> list[str]:
    """Who laid it before the head, the last time."""
    asked = [event.actor for event in log if event.kind in STEPS and STEPS[event.kind].asks == decided]
    return asked[-1:]


def tell_of_message(uow: UnitOfWork, ticket: Ticket, now: datetime) -> Ticket:
    """A message came to the `ticket`, which is returned.

    Everybody on duty is told once of one that is nobody's (H4), else its owner of each message.
    """
    roster = roster_of(uow, now)
    if ticket.owner is not None:
        people, fact = [roster.acting(ticket.owner.extension)], f"message:{ticket.number}:{ticket.version}"
    else:
        people, fact = roster.on_duty or roster.managers, f"message:{ticket.number}"
    data = {"owned": ticket.owner is not None}
    tell(uow, ReminderKind.NOTICE, fact, _known(people, roster), now, ticket=ticket, data=data)
    return ticket


def _known(people: Iterable[str], roster: Roster) -> list[str]:
    """Those who work here: a ticket may be owned by somebody who has left."""
    return [person for person in people if person in roster.members]


def my_reminders(
    uow: UnitOfWork, extension: str, *, cursor: str | None = None, limit: int = 50, unseen: bool = False
) -> ReminderPage:
    """Somebody's reminders, the newest first; raises BadCursor."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise BadCursor
    before = int(cursor) if cursor else None
    found = uow.reminders.page(extension, limit + 1, before=before, unseen=unseen)
    more = len(found) > limit
    return ReminderPage(items=found[:limit], next=str(found[limit - 1].id) if more else None)


def mark_seen(uow: UnitOfWork, extension: str, reminder_id: int, now: datetime) -> Reminder:
    """The reader has seen it; it is not sent any more. Raises NoSuchReminder for somebody else's."""
    reminder = uow.reminders.get(reminder_id)
    if reminder is None or reminder.recipient != extension:
        raise NoSuchReminder
    uow.reminders.see(extension, reminder_id, now)
    return reminder


def mark_all_seen(uow: UnitOfWork, extension: str, now: datetime) -> None:
    """The reader has seen all of theirs."""
    uow.reminders.see(extension, None, now)


def add_address(
    uow: UnitOfWork, extension: str, *, url: str, shown: str, trusted: bool, now: datetime
) -> Address:
    """Reach somebody there from now on; `url` is checked already. Raises UnknownStaff, TooManyAddresses."""
    active_member(uow, extension)
    uow.reminders.lock_addresses(extension)
    if len(uow.reminders.addresses([extension])) >= MOST_ADDRESSES:
        raise TooManyAddresses
    address = Address(extension=extension, url=url, shown=shown, trusted=trusted, created_at=now)
    uow.reminders.add_address(address)
    return address


def remove_address(uow: UnitOfWork, address_id: int, *, of: str | None) -> None:
    """Reach nobody there any more; `of`: only if it is theirs. Raises NoSuchAddress."""
    found = [each for each in uow.reminders.addresses([of] if of else None) if each.id == address_id]
    if not found:
        raise NoSuchAddress
    uow.reminders.remove_address(address_id)
