"""Taking the next step in a matter: one use case for all of `callcenter.domain.steps`, checked against the policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from callcenter.domain.calls import Person
from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.extensions import Extension, as_it_stands, extension
from callcenter.domain.policy import Rules
from callcenter.domain.staff import Role
from callcenter.domain.steps import STEPS, By, Input, InputKind, Step, offered
from callcenter.domain.text import clean
from callcenter.domain.ticket_clocks import TicketClock, fold_clocks, fold_runs, unstopped
from callcenter.domain.tickets import Change, EventKind, Ticket, move, next_status
from callcenter.errors import ShouwenError
from callcenter.services.absences import give_back_reopened
from callcenter.services.ports import UnitOfWork
from callcenter.services.reminders import tell_of_step
from callcenter.services.rosters import roster_of
from callcenter.services.rules import rules_of
from callcenter.services.ticket_forms import DETAILS_LIMIT
from callcenter.services.ticket_log import SYSTEM, lock_ticket, record

LINE_LIMIT = 400
LONGEST_EXTENSION_DAYS = 250


class UnknownStep(ShouwenError):
    """There is no step of this name."""


class NotOffered(ShouwenError):
    """The policy does not offer this step on the ticket as it stands."""


class OnlyTheHead(ShouwenError):
    """Only the head (a manager, or who stands in for one) decides this."""


class BadStep(ShouwenError):
    """A field of the step is missing or does not fit; `field` is its name."""

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


class ExtensionTooLate(ShouwenError):
    """The time had run out already; an extension is asked for and approved before that (S10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """What a step is looked at against."""

    uow: UnitOfWork
    ticket: Ticket
    rules: Rules
    log: Sequence[TicketEvent]
    now: datetime

    @property
    def clocks(self) -> tuple[TicketClock, ...]:
        """The ticket's clocks at this instant."""
        return fold_clocks(self.log, self.rules, self.ticket.channel, self.now)


def take_step(
    uow: UnitOfWork,
    number: str,
    name: str,
    given: Mapping[str, str],
    actor: Person,
    now: datetime,
    *,
    version: int | None = None,
) -> Ticket:
    """Take the step `name` with what was written into its fields.

    Raises UnknownStep, NotAllowed, NotOffered, OnlyTheHead, BadStep, ExtensionTooLate, StaleTicket, UnknownTicket.
    """
    step = STEPS.get(name)
    if step is None:
        raise UnknownStep(f"there is no step {name!r}; there is {', '.join(STEPS)}")
    ticket = lock_ticket(uow, number, version)
    next_status(ticket.status, step.event)
    rules = rules_of(uow, ticket)
    if step not in offered(ticket, rules.policy):
        raise NotOffered
    if step.by is By.HEAD and not decides(uow, actor.extension, now):
        raise OnlyTheHead
    context = StepContext(uow=uow, ticket=ticket, rules=rules, log=uow.tickets.events(number), now=now)
    data = {each.key: _read(each, given.get(each.key, ""), context) for each in step.inputs}
    data = {key: value for key, value in data.items() if value is not None}
    data |= _EFFECTS[step.event](context, data) if step.event in _EFFECTS else {}
    return _recorded(context, step, data, actor)


def _recorded(context: StepContext, step: Step, data: dict[str, Value], actor: Person) -> Ticket:
    uow, now = context.uow, context.now
    ticket = move(context.ticket, step.event, now)
    changes: list[Change] = [(step.event, data)]
    if step.event is EventKind.SATISFACTION_GIVEN:
        ticket, more = _judged(ticket, str(data["answer"]), context)
        changes += more
    ticket = _record(context, ticket, changes, actor)
    if step.event is EventKind.COMPLAINT_REFERRED:
        # The product tells the head itself, by a reminder that nobody can forget (H20).
        informed: Change = (EventKind.HEAD_INFORMED, {"office": data["office"]})
        ticket = record(uow, ticket, informed, actor=SYSTEM, at=now)
    tell_of_step(uow, step, ticket, context.log, actor, now)
    return ticket


def give_satisfaction(
    uow: UnitOfWork,
    number: str,
    answer: str,
    *,
    via: str,
    actor: Person | None,
    now: datetime,
    text: str = "",
) -> Ticket:
    """Note what the person served thinks of it, told by `via` (`key`, `link`, `staff`); may open it again by itself.

    Raises BadStep for an answer that the policy's scale does not have, NotAllowed, UnknownTicket.
    """
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.SATISFACTION_GIVEN)
    context = StepContext(
        uow=uow, ticket=ticket, rules=rules_of(uow, ticket), log=uow.tickets.events(number), now=now
    )
    key = _answer(answer, context)
    data: dict[str, Value] = {"answer": key, "via": via}
    if words := clean(text, DETAILS_LIMIT):
        data["text"] = words
    ticket, more = _judged(ticket, key, context)
    changes: list[Change] = [(EventKind.SATISFACTION_GIVEN, data), *more]
    return _record(context, ticket, changes, actor)


def _record(context: StepContext, ticket: Ticket, changes: Sequence[Change], actor: Person | None) -> Ticket:
    who = actor.extension if actor else SYSTEM
    ticket = record(context.uow, ticket, *changes, actor=who, at=context.now)
    reopened = any(event is EventKind.REOPENED for event, _ in changes)
    return give_back_reopened(context.uow, ticket, context.now) if reopened else ticket


def _judged(ticket: Ticket, key: str, context: StepContext) -> tuple[Ticket, list[Change]]:
    """The ticket with the answer; "not satisfied" opens it again (H41, T20)."""
    ticket = replace(ticket, satisfaction=key)
    answer = context.rules.policy.answer(key)
    if answer is None or not answer.reopens:
        return ticket, []
    return move(ticket, EventKind.REOPENED, context.now), [(EventKind.REOPENED, {"answer": key})]


def decides(uow: UnitOfWork, extension: str, now: datetime) -> bool:
    """Whether somebody decides what waits for the head: a manager, or whoever stands in for one who is away (S3)."""
    member = uow.staff.get(extension)
    if member is None or not member.active:
        return False
    if member.role is Role.MANAGER:
        return True
    covers = any(absence.cover == extension and absence.holds(now) for absence in uow.absences.open())
    return covers and extension in roster_of(uow, now).managers


def _read(asked: Input, written: str, context: StepContext) -> Value:
    limit = DETAILS_LIMIT if asked.kind is InputKind.TEXT else LINE_LIMIT
    text = clean(written, limit)
    if text is None:
        if asked.needed:
            raise BadStep(asked.key, "please fill this in")
        return None
    if asked.kind is InputKind.CHOICE:
        return _one_of(asked.key, text, asked.choices)
    reader = _READERS.get(asked.kind)
    return reader(asked.key, text, context) if reader else text


def _one_of(field: str, text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise BadStep(field, f"{text!r} is none of {', '.join(known) or 'these: the policy has none'}")
    return text


def _office(field: str, text: str, context: StepContext) -> Value:
    return _one_of(field, text, [office.key for office in context.rules.policy.offices])


def _checklist(field: str, text: str, context: StepContext) -> Value:
    return _one_of(field, text, [each.key for each in context.rules.policy.checklists])


def _person(field: str, text: str, context: StepContext) -> Value:
    member = context.uow.staff.get(text)
    if member is None:
        raise BadStep(field, f"nobody has the extension {text}")
    return member.extension


def _day(field: str, text: str, context: StepContext) -> Value:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadStep(field, "write a day such as 2026-11-25") from error
    if day < context.now.astimezone(context.rules.policy.zone).date():
        raise BadStep(field, f"{day} is past; the papers are ready today or later")
    return day.isoformat()


def _number(field: str, text: str, context: StepContext) -> Value:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 9999 or len(text) > 4:
        raise BadStep(field, "write a whole number from 1 to 9999")
    return int(text)


def _answer(text: str, context: StepContext) -> str:
    return _one_of("answer", text, [each.key for each in context.rules.policy.satisfaction])


def _clock(field: str, text: str, context: StepContext) -> Value:
    running = [
        each.clock for each in unstopped(context.clocks) if context.rules.policy.clock(each.clock).extendable
    ]
    return _one_of(field, text, running)


_READERS: Mapping[InputKind, Callable[[str, str, StepContext], Value]] = {
    InputKind.OFFICE: _office,
    InputKind.CHECKLIST: _checklist,
    InputKind.PERSON: _person,
    InputKind.DAY: _day,
    InputKind.NUMBER: _number,
    InputKind.ANSWER: lambda field, text, context: _answer(text, context),
    InputKind.CLOCK: _clock,
}


def _asked_for(context: StepContext, data: Mapping[str, Value]) -> dict[str, Value]:
    """What an extension would do, noted before the time runs out (S10)."""
    days = int(str(data["working_days"]))
    if days > LONGEST_EXTENSION_DAYS:
        raise BadStep("working_days", f"write at most {LONGEST_EXTENSION_DAYS} working days")
    runs = fold_runs(context.log, context.rules, context.ticket.channel)
    asked = extension(runs, str(data["clock"]), days, context.rules)
    if asked is None:
        raise BadStep("clock", "this limit cannot be extended")
    return _in_time(asked, context.now)


def _granted(context: StepContext, data: Mapping[str, Value]) -> dict[str, Value]:
    asked = requested_extension(context.ticket, context.log, context.rules)
    if asked is None:
        raise ExtensionTooLate
    return _request(context) | _in_time(asked, context.now)


def requested_extension(ticket: Ticket, log: Sequence[TicketEvent], rules: Rules) -> Extension | None:
    """The extension that was asked for last, over the due times as they are now; None if its limit has ended."""
    asked = next((event for event in reversed(log) if event.kind == EventKind.EXTENSION_REQUESTED), None)
    return as_it_stands(fold_runs(log, rules, ticket.channel), asked.data, rules) if asked else None


def _in_time(asked: Extension, now: datetime) -> dict[str, Value]:
    """What the log keeps of an extension; raises ExtensionTooLate."""
    if asked.is_too_late(now):
        raise ExtensionTooLate
    return {
        "started_at": asked.run.started_at.isoformat(),
        "subject": asked.run.subject,
        "due_at": asked.due_at.isoformat(),
        "new_due_at": asked.new_due_at.isoformat(),
        "working_days": asked.working_days,
        "minutes": asked.minutes,
    }


def _request(context: StepContext) -> dict[str, Value]:
    """The extension that waits for a decision, as it was asked for."""
    asked = next(event for event in reversed(context.log) if event.kind == EventKind.EXTENSION_REQUESTED)
    return {key: value for key, value in asked.data.items() if key != "text"} | {"asked_by": asked.actor}


def _of_an_office_that_has_it(context: StepContext, data: Mapping[str, Value]) -> dict[str, Value]:
    given = {event.data.get("office") for event in context.log if event.kind == EventKind.ASSIGNMENT_GIVEN}
    if data["office"] not in given:
        raise BadStep("office", "this office has no assignment of this matter")
    return {}


_EFFECTS: Mapping[EventKind, Callable[[StepContext, Mapping[str, Value]], dict[str, Value]]] = {
    EventKind.EXTENSION_REQUESTED: _asked_for,
    EventKind.EXTENSION_GRANTED: _granted,
    EventKind.EXTENSION_REFUSED: lambda context, data: _request(context),
    EventKind.ASSIGNMENT_TAKEN: _of_an_office_that_has_it,
    EventKind.ASSIGNMENT_DONE: _of_an_office_that_has_it,
}
"""What a step adds to what was written, after looking whether it may be."""
