"""Registering a matter that no call opened: at the counter, from WeChat, from the service account (H1, H3, H4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from callcenter.domain.calls import Call, Person
from callcenter.domain.chain import Value
from callcenter.domain.fold import talking
from callcenter.domain.parties import party_of
from callcenter.domain.policy import Needed, Policy
from callcenter.domain.reminders import ReminderKind
from callcenter.domain.text import clean
from callcenter.domain.tickets import Change, EventKind, Status, Ticket, TicketForm, fill_in, next_status
from callcenter.services.ports import TicketFilter, UnitOfWork
from callcenter.services.reminders import tell, tell_of_message
from callcenter.services.rosters import roster_of
from callcenter.services.rules import policy_of_new
from callcenter.services.ticket_forms import (
    DETAILS_LIMIT,
    BadForm,
    OpeningFieldsMissing,
    checked,
    form_change,
    missing_fields,
    next_console_number,
)
from callcenter.services.ticket_log import SYSTEM, lock_ticket, record


class LiveCalls(Protocol):
    """The calls under way; see `callcenter.db.calls`."""

    def live(self) -> Sequence[Call]: ...


class CounterUnitOfWork(UnitOfWork, Protocol):
    """A unit of work that knows who is in a call."""

    @property
    def calls(self) -> LiveCalls: ...


class NotFree(BadForm):
    """The colleague cannot take the visitor now: they are off duty, away, or in a call."""

    def __init__(self, extension: str, why: str, *, in_a_call: bool = False) -> None:
        super().__init__(
            "handed_to", extension, f"they are {why}, and the visitor needs somebody who is free"
        )
        self.in_a_call = in_a_call


FIRST_STATES = (Status.REGISTERING, Status.OPEN, Status.WAITING)


def register(
    uow: CounterUnitOfWork,
    *,
    channel: str,
    form: TicketForm,
    actor: Person,
    now: datetime,
    happened_at: datetime | None = None,
    handed_to: str | None = None,
    handover: str = "",
) -> Ticket:
    """A ticket for a matter that `actor` was told first: theirs for good, open from now.

    `happened_at`: when the message came, if that was earlier; its clocks start there. `handed_to`: the free
    colleague to whom the visitor was led, with the `handover` that they were given (H1). Raises BadForm,
    OpeningFieldsMissing, NotFree for a colleague who is off duty, away or in a call.
    """
    policy = policy_of_new(uow)
    if channel not in {known.key for known in policy.channels}:
        raise BadForm("channel", channel)
    came_at = happened_at or now
    if came_at > now:
        raise BadForm("happened_at", came_at.isoformat())
    form = checked(form, policy, channel)
    missing = missing_fields(policy, channel, form, Needed.OPENING)
    if missing:
        raise OpeningFieldsMissing(missing)
    ticket = fill_in(_blank(uow, policy, channel, now), form, now)
    ticket = replace(ticket, owner=actor, handler=actor)
    changes: list[Change] = [
        (EventKind.OPENED, {"owner": actor.extension, "kind": form.kind, "complexity": form.complexity}),
        form_change(form),
    ]
    uow.tickets.add(ticket)
    if _starts_with_a_message(policy, channel):
        ticket = record(uow, ticket, (EventKind.MESSAGE, {}), actor=actor.extension, at=came_at)
    if handed_to:
        ticket, handed = _handed(uow, ticket, handed_to, handover, now)
        changes.append(handed)
    ticket = record(uow, ticket, *changes, actor=actor.extension, at=now)
    if handed_to:
        tell(
            uow,
            ReminderKind.HANDED,
            f"handed:{ticket.number}:{ticket.version}",
            [handed_to],
            now,
            ticket=ticket,
        )
    return ticket


def _handed(
    uow: CounterUnitOfWork, ticket: Ticket, extension: str, handover: str, now: datetime
) -> tuple[Ticket, Change]:
    roster = roster_of(uow, now)
    member = roster.members.get(extension)
    if member is None or (ticket.owner is not None and ticket.owner.extension == extension):
        raise BadForm("handed_to", extension)
    if not member.on_duty:
        raise NotFree(extension, "off duty")
    if extension in roster.away:
        raise NotFree(extension, "away")
    if extension in talking(uow.calls.live()):
        raise NotFree(extension, "in a call now", in_a_call=True)
    words = clean(handover, DETAILS_LIMIT)
    if words is None:
        raise BadForm("handover", "")
    colleague = Person(extension=member.extension, name=member.name)
    return replace(ticket, handler=colleague), (EventKind.HANDED, {"handler": extension, "text": words})


def take_message(
    uow: UnitOfWork,
    *,
    channel: str,
    text: str,
    fields: Mapping[str, str],
    came_at: datetime,
    now: datetime,
    acknowledged: str | None = None,
) -> Ticket:
    """A message that came by itself: to the sender's unfinished ticket, or a new one that is nobody's yet (H4).

    `acknowledged`: what the sender was told at once, if they were (H16, H31).
    """
    policy = policy_of_new(uow)
    words = clean(text, DETAILS_LIMIT) or ""
    message: Change = (EventKind.MESSAGE, {"text": words})
    told: list[Change] = [(EventKind.ACKNOWLEDGED, {"text": acknowledged})] if acknowledged else []
    blank = replace(_blank(uow, policy, channel, now, number="new"), fields=dict(fields), details=words)
    known = _unfinished(uow, party_of(blank), channel)
    if known is not None:
        ticket = record(uow, known, message, actor=SYSTEM, at=came_at)
        if told:
            ticket = record(uow, ticket, *told, actor=SYSTEM, at=now)
        return tell_of_message(uow, ticket, now)
    number = next_console_number(uow, now.astimezone(policy.zone).date())
    ticket = replace(blank, number=number)
    uow.tickets.add(ticket)
    ticket = record(uow, ticket, message, actor=SYSTEM, at=came_at)
    data: dict[str, Value] = {"kind": ticket.kind, "complexity": ticket.complexity, **fields}
    opened = record(uow, ticket, (EventKind.OPENED, data), *told, actor=SYSTEM, at=now)
    return tell_of_message(uow, opened, now)


def _unfinished(uow: UnitOfWork, party: str | None, channel: str) -> Ticket | None:
    if party is None:
        return None
    wanted = TicketFilter(statuses=FIRST_STATES, party=party, channel=channel)
    found = uow.tickets.page(wanted, None, 1)
    locked = lock_ticket(uow, found[0].number) if found else None
    # It may have been solved while we waited for it.
    return locked if locked is not None and locked.status in FIRST_STATES else None


def _blank(uow: UnitOfWork, policy: Policy, channel: str, now: datetime, number: str | None = None) -> Ticket:
    return Ticket(
        number=number or next_console_number(uow, now.astimezone(policy.zone).date()),
        channel=channel,
        kind=policy.kinds[0].key,
        complexity=policy.default_complexity,
        status=next_status(None, EventKind.OPENED),
        policy=policy.name,
        policy_digest=policy.digest,
        created_at=now,
        opened_at=now,
    )


def _starts_with_a_message(policy: Policy, channel: str) -> bool:
    return any(
        EventKind.MESSAGE in clock.starts and clock.channel in (channel, "any")
        for clock in policy.clocks.values()
    )
