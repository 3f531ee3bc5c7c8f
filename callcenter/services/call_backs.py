"""Use cases of calling back: who asks for it, which desk takes it, what its journal says became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from callcenter.domain.call_backs import (
    FRESH,
    PREFIX,
    UNSEEN,
    CallBack,
    Outcome,
    State,
    dialable,
    fold_call_back,
    next_attempt,
)
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.chain import Value
from callcenter.domain.staff import Role
from callcenter.domain.tickets import EventKind, NotAllowed, Status, Ticket
from callcenter.domain.transcripts import Purpose, RecordedFile
from callcenter.errors import ShouwenError
from callcenter.services.caller_languages import LanguageUnitOfWork
from callcenter.services.ports import TICKETS_CHANNEL, UnitOfWork
from callcenter.services.rules import rules_of
from callcenter.services.steps import give_satisfaction
from callcenter.services.ticket_log import UnknownTicket, lock_ticket, record
from callcenter.services.transcripts import TranscriptUnitOfWork, add_recording

CALL_BACKS_CHANNEL = "shouwen_call_backs"
"""Where the desks hear that somebody wants to call back; the payload is the request's id."""


class CallBackUnderWay(ShouwenError):
    """A call back for this ticket, or from this phone, is under way already."""


class NotYourTicket(ShouwenError):
    """Its owner, whoever handles it, or a manager calls back."""


class CallBacks(Protocol):
    """Attempts in and out of the database; see `callcenter.db.call_backs`."""

    def add(
        self, *, ticket: str, extension: str, number: str, requested_by: str, requested_at: datetime
    ) -> CallBack: ...
    def of_ticket(self, number: str) -> list[CallBack]: ...
    def ticket_of(self, call_back_id: int) -> str | None: ...
    def lock_phone(self, extension: str) -> None: ...
    def open_of(self, extension: str) -> list[CallBack]: ...
    def requested(self) -> list[CallBack]: ...
    def unfinished(self, node: int, started_before: datetime) -> list[CallBack]: ...
    def lock(self, call_back_id: int) -> CallBack | None: ...
    def save(self, call_back: CallBack, *, node: int | None = None) -> None: ...
    def ids_of(self, paths: Sequence[str]) -> dict[str, int]: ...


class CallBackUnitOfWork(UnitOfWork, TranscriptUnitOfWork, LanguageUnitOfWork, Protocol):
    """A unit of work that has attempts and recordings as well."""

    @property
    def call_backs(self) -> CallBacks: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a desk is to dial: once. `digits`: the keys of satisfaction of the ticket's policy.

    `language`: what the ticket's call was spoken in, None when nobody knows.
    """

    call_back: CallBack
    digits: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackList:
    """A ticket's attempts, newest first; `next_at`: when to try again, None if there is no need.

    `recordings`: ids of the recordings by path.
    """

    items: Sequence[CallBack]
    next_at: datetime | None
    recordings: Mapping[str, int]


def request_call_back(
    uow: CallBackUnitOfWork, number: str, actor: Person, now: datetime, *, barred: Collection[str]
) -> CallBack:
    """Ask a desk to ring the phone of `actor`, then the ticket's own number: nobody else says which number.

    Raises UnknownTicket, NotYourTicket, NotAllowed (dismissed), CallBackUnderWay, and what `dialable` raises.
    """
    ticket = lock_ticket(uow, number)
    _check_may_call(uow, ticket, actor)
    to = dialable(ticket.contact_phone, barred=barred, own=actor.extension)
    # The ticket's lock keeps two from calling about it, and this one two calls from one phone.
    uow.call_backs.lock_phone(actor.extension)
    open_ = [*uow.call_backs.of_ticket(number), *uow.call_backs.open_of(actor.extension)]
    if any(each.under_way(now) for each in open_):
        raise CallBackUnderWay
    asked = uow.call_backs.add(
        ticket=number,
        extension=actor.extension,
        number=to,
        requested_by=actor.extension,
        requested_at=now,
    )
    uow.notify(CALL_BACKS_CHANNEL, str(asked.id))
    uow.notify(TICKETS_CHANNEL, number)
    return asked


def _check_may_call(uow: UnitOfWork, ticket: Ticket, actor: Person) -> None:
    member = uow.staff.get(actor.extension)
    theirs = {person.extension for person in (ticket.owner, ticket.handler) if person}
    if actor.extension not in theirs and (member is None or member.role is not Role.MANAGER):
        raise NotYourTicket
    if ticket.status is Status.DISMISSED:
        raise NotAllowed("a ticket that is dismissed has nobody to call back")


def list_call_backs(uow: CallBackUnitOfWork, number: str, now: datetime) -> CallBackList:
    """The attempts of a ticket and the proposed next one. Raises UnknownTicket."""
    ticket = uow.tickets.get(number)
    if ticket is None:
        raise UnknownTicket(number)
    items = uow.call_backs.of_ticket(number)
    next_at = None
    if ticket.status not in (Status.CLOSED, Status.DISMISSED):
        next_at = next_attempt(items, ticket.due_at, now, rules_of(uow, ticket).calendar)
    paths = [each.recording for each in items if each.recording]
    return CallBackList(items=items, next_at=next_at, recordings=uow.call_backs.ids_of(paths))


def take_requests(uow: CallBackUnitOfWork, *, node: int, now: datetime) -> list[Order]:
    """What the desk of `node` is to dial now: each request is given out once, to one desk, and only while fresh.

    Commit before dialling: a desk that dies in between leaves an attempt that failed, never a second call.
    """
    orders: list[Order] = []
    for asked in uow.call_backs.requested():
        if now - asked.requested_at >= FRESH:
            _fail(uow, asked, "stale", now)
            continue
        taken = replace(asked, state=State.STARTED, started_at=now, linkedid=_linkedid(asked, now))
        uow.call_backs.save(taken, node=node)
        uow.notify(TICKETS_CHANNEL, asked.ticket)
        language = uow.caller_languages.of_ticket(asked.ticket)
        orders.append(Order(call_back=taken, digits=_digits(uow, asked.ticket), language=language))
    for lost in uow.call_backs.unfinished(node, now - UNSEEN):
        if not lost.under_way(now):
            _fail(uow, lost, "lost", now)
    return orders


def _linkedid(asked: CallBack, now: datetime) -> str:
    """The call's linkedid, chosen by us: shaped as Asterisk's own, and told apart by its prefix."""
    return f"{PREFIX}{asked.id}-{now.timestamp():.6f}"


def _fail(uow: CallBackUnitOfWork, call_back: CallBack, reason: str, now: datetime) -> None:
    failed = replace(call_back, state=State.ENDED, outcome=Outcome.FAILED, reason=reason, ended_at=now)
    uow.call_backs.save(failed)
    uow.notify(TICKETS_CHANNEL, call_back.ticket)


def _digits(uow: UnitOfWork, number: str) -> str:
    ticket = uow.tickets.get(number)
    scale = rules_of(uow, ticket).policy.satisfaction if ticket else ()
    return "".join(str(answer.digit) for answer in scale if answer.digit is not None)


def follow_call_backs(uow: CallBackUnitOfWork, history: Mapping[str, Sequence[CallEvent]]) -> None:
    """Bring attempts up to what the journal says of their calls, by linkedid; each change has its effects once.

    The end goes to the ticket's log, the recording to those of the ticket, the key to its satisfaction.
    """
    for linkedid, events in history.items():
        told = [event for event in events if event.kind is Kind.CALL_BACK]
        before = _locked(uow, int(str(told[0].data["call_back"]))) if told else None
        if before is None:
            continue
        after = fold_call_back(before, told)
        if after == before:
            continue
        if after.recording and before.recording is None:
            _keep_recording(uow, linkedid, after, told)
        if after.state is State.ENDED and before.state is not State.ENDED:
            _log_end(uow, after)
        if after.digit and before.digit is None:
            after = replace(after, satisfaction=_rate(uow, after, told))
        uow.call_backs.save(after)
        uow.notify(TICKETS_CHANNEL, after.ticket)


def _locked(uow: CallBackUnitOfWork, call_back_id: int) -> CallBack | None:
    """The attempt, after its ticket: in the order in which whoever solves the ticket locks them."""
    number = uow.call_backs.ticket_of(call_back_id)
    if number is None:
        return None
    lock_ticket(uow, number)
    return uow.call_backs.lock(call_back_id)


def _keep_recording(
    uow: CallBackUnitOfWork, linkedid: str, call_back: CallBack, events: Sequence[CallEvent]
) -> None:
    told = next(event for event in events if event.data.get("path"))
    file = RecordedFile(
        linkedid=linkedid,
        ticket=call_back.ticket,
        purpose=Purpose.CALL_BACK,
        path=str(told.data["path"]),
        language=str(told.data["language"]),
        seconds=float(told.data.get("seconds") or 0),
        created_at=call_back.reached_at or told.at,
    )
    add_recording(uow, file)


def _log_end(uow: UnitOfWork, ended: CallBack) -> None:
    data: Mapping[str, Value] = {"call_back": ended.id, "outcome": str(ended.outcome)}
    at = ended.ended_at or ended.requested_at
    record(uow, lock_ticket(uow, ended.ticket), (EventKind.CALLED_BACK, data), actor=ended.extension, at=at)


def _rate(uow: CallBackUnitOfWork, rated: CallBack, events: Sequence[CallEvent]) -> str | None:
    """Give the ticket the answer behind the key; None as `_give`."""
    return _give(uow, lock_ticket(uow, rated.ticket), rated.digit, max(event.at for event in events))


def give_waiting_answer(uow: CallBackUnitOfWork, number: str, now: datetime) -> Ticket | None:
    """After a ticket is resolved: give it the key that was pressed at the end of the latest talk, the one in which the
    person was told; an earlier one was about something else. None when there is none; it may open the ticket again.
    """
    talks = (each for each in uow.call_backs.of_ticket(number) if each.reached_at is not None)
    latest = next(talks, None)
    if latest is None or latest.digit is None or latest.satisfaction is not None:
        return None
    given = _give(uow, lock_ticket(uow, number), latest.digit, now)
    if given is None:
        return None
    uow.call_backs.save(replace(latest, satisfaction=given))
    return lock_ticket(uow, number)


def _give(uow: UnitOfWork, ticket: Ticket, digit: str | None, at: datetime) -> str | None:
    """The key that the ticket has now; None when its scale has no such digit, or its state takes no answer (yet)."""
    scale = rules_of(uow, ticket).policy.satisfaction
    answer = next((each for each in scale if str(each.digit) == digit), None)
    if answer is None:
        return None
    try:
        give_satisfaction(uow, ticket.number, answer.key, via="key", actor=None, now=at)
    except NotAllowed:
        return None
    return answer.key
