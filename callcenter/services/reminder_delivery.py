"""Delivering reminders: at least once. A worker claims them for a while, tells each address, notes what became of it.

Whoever dies in between leaves a claim that runs out: then it is told again. Nobody is ever left out, and a person may
get one twice after a crash. Two workers never work on the same one: what is claimed is nobody else's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.domain.reminders import (
    GIVE_UP_AFTER,
    Address,
    Reminder,
    is_hopeless,
    pause_after,
)
from callcenter.domain.tickets import Ticket
from callcenter.reminder_words import Message, message
from callcenter.services.ports import UnitOfWork

log = logging.getLogger(__name__)

AT_ONCE = 5
CLAIM = timedelta(minutes=10)
"""Longer than five reminders to five addresses each take at the longest (20 s each)."""
ERROR_LIMIT = 200


class Committing(UnitOfWork, Protocol):
    """A unit of work whose transaction is this file's own."""

    def commit(self) -> None:
        """Make it durable."""


Units = Callable[[], AbstractContextManager[Committing]]
Send = Callable[[Address, str, str], str | None]
"""Delivers a title and a text; None, or why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The centre's language and zone."""

    code: str
    zone: ZoneInfo


def deliver_reminders(units: Units, send: Send, language: Language, clock: Callable[[], datetime]) -> int:
    """Deliver what is due, a few at a time; how many were tried."""
    now = clock()
    with units() as uow:
        uow.reminders.give_up(now - GIVE_UP_AFTER, now)
        claimed = uow.reminders.claim(now, now + CLAIM, AT_ONCE)
        addresses = uow.reminders.addresses([reminder.recipient for reminder in claimed]) if claimed else []
        tickets = {
            reminder.ticket: uow.tickets.get(reminder.ticket) for reminder in claimed if reminder.ticket
        }
        policy = uow.rules.current.policy
        uow.commit()
    for reminder in claimed:
        theirs = [address for address in addresses if address.extension == reminder.recipient]
        ticket: Ticket | None = tickets.get(reminder.ticket) if reminder.ticket else None
        words = message(reminder, ticket, policy, language.code, language.zone)
        _deliver(units, reminder, theirs, words, send, clock)
    return len(claimed)


def _deliver(
    units: Units,
    reminder: Reminder,
    addresses: Sequence[Address],
    words: Message,
    send: Send,
    clock: Callable[[], datetime],
) -> None:
    """Tell every address that does not have it yet, and note it; each that was reached is kept."""
    reached = list(reminder.reached)
    error: str | None = None
    for address in addresses:
        if address.id in reached:
            continue
        fault = send(address, words.title, words.body)
        if fault is None:
            reached.append(address.id)
        else:
            error = f"{address.shown}: {fault}"[:ERROR_LIMIT]
    now = clock()
    hopeless = error is not None and is_hopeless(reminder.not_before, now)
    if error is not None:
        log.warning("reminder not delivered id=%s tries=%s gave_up=%s", reminder.id, reminder.tries, hopeless)
    with units() as uow:
        uow.reminders.settle(
            reminder.id,
            reached=reached,
            sent_at=now if error is None else None,
            next_try_at=None if error is None else now + pause_after(reminder.tries),
            error=error,
            gave_up_at=now if hopeless else None,
        )
        uow.commit()
