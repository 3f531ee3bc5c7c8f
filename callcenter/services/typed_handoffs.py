"""Use cases of handing a caller on with a typed briefing: who may ask, what the desk decides, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from callcenter.domain.briefings import (
    FRESH,
    Refusal,
    State,
    TypedHandoff,
    briefing_of,
    language_of,
    spoken_form,
)
from callcenter.domain.calls import Call, CallEvent, Person
from callcenter.domain.fold import fold_call, holder, talking
from callcenter.domain.tickets import EventKind
from callcenter.errors import ShouwenError
from callcenter.services.ports import CALLS_CHANNEL, UnitOfWork
from callcenter.services.rosters import roster_of
from callcenter.services.ticket_log import lock_ticket, record

HANDOFFS_CHANNEL = "shouwen_handoffs"
"""Where the desks hear that somebody hands a caller on; the payload is the request's id."""

LOST = timedelta(seconds=60)
"""A request of a call that no desk knows any more; its own desk has had time to say what it did."""


class NotYourCall(ShouwenError):
    """Whoever has the caller hands them on."""


class NotWithACaller(ShouwenError):
    """The caller has hung up, leaves a message, or is being handed on already."""


class NoColleague(ShouwenError):
    """Please choose a colleague who is on duty and not in a call."""


class Calls(Protocol):
    """The calls that requests are about."""

    def get(self, linkedid: str) -> Call | None: ...
    def live(self) -> Sequence[Call]: ...
    def events_of(self, linkedids: Sequence[str]) -> dict[str, list[CallEvent]]: ...


class TypedHandoffs(Protocol):
    """Requests in and out of the database; see `callcenter.db.typed_handoffs`."""

    def add(self, asked: TypedHandoff) -> TypedHandoff | None: ...
    def get(self, request_id: int) -> TypedHandoff | None: ...
    def of_calls(self, linkedids: Sequence[str]) -> list[TypedHandoff]: ...
    def requested(self) -> list[TypedHandoff]: ...
    def settle(
        self, request_id: int, state: State, *, refusal: Refusal | None = None, handoff: int | None = None
    ) -> None: ...
    def want(self, purpose: str, text: str, language: str, at: datetime, *, urgent: bool = False) -> None: ...


class FollowsHandoffs(UnitOfWork, Protocol):
    """A unit of work that has requests."""

    @property
    def typed_handoffs(self) -> TypedHandoffs: ...


class HandoffUnitOfWork(FollowsHandoffs, Protocol):
    """A unit of work that has requests and calls."""

    @property
    def calls(self) -> Calls: ...


def request_handoff(
    uow: HandoffUnitOfWork,
    linkedid: str,
    *,
    to: str,
    text: str,
    actor: Person,
    now: datetime,
    language: str,
) -> TypedHandoff:
    """Ask the desk to hand the caller of `actor` to `to`, who hears and reads `text`. `language` is the staff's.

    Raises BadBriefing, NotYourCall, NotWithACaller, NoColleague. The desk has the last word.
    """
    briefing = briefing_of(text)
    check_has_caller(uow, linkedid, actor)
    check_colleague(uow, to, actor, now)
    spoken_in = language_of(briefing, language)
    asked = uow.typed_handoffs.add(
        TypedHandoff(
            id=0,
            linkedid=linkedid,
            extension=actor.extension,
            to=to,
            text=briefing,
            language=spoken_in,
            requested_at=now,
        )
    )
    if asked is None:
        raise NotWithACaller
    _want(uow, linkedid, briefing, spoken_in, now, urgent=True)
    uow.notify(HANDOFFS_CHANNEL, str(asked.id))
    uow.notify(CALLS_CHANNEL, linkedid)
    return asked


def draft_briefing(
    uow: HandoffUnitOfWork, linkedid: str, *, text: str, actor: Person, now: datetime, language: str
) -> None:
    """Have what is typed so far put into sound ahead of time. Raises BadBriefing, NotYourCall, NotWithACaller."""
    briefing = briefing_of(text)
    check_has_caller(uow, linkedid, actor)
    _want(uow, linkedid, briefing, language_of(briefing, language), now, urgent=False)


def _want(
    uow: FollowsHandoffs, linkedid: str, text: str, language: str, now: datetime, *, urgent: bool
) -> None:
    said = spoken_form(text)
    if said:
        uow.typed_handoffs.want(f"briefing {linkedid}", said, language, now, urgent=urgent)


def check_has_caller(uow: HandoffUnitOfWork, linkedid: str, actor: Person) -> Call:
    """The call, if `actor` speaks with the caller now. Raises NotYourCall, NotWithACaller."""
    call = fold_call(uow.calls.events_of([linkedid])[linkedid]) or uow.calls.get(linkedid)
    person = holder(call) if call else None
    if call is None or person is None or person.extension != actor.extension:
        raise NotYourCall
    under_way = any(handoff.outcome is None for handoff in call.handoffs)
    if call.ended_at is not None or under_way or call.recordings:
        raise NotWithACaller
    return call


def check_colleague(uow: HandoffUnitOfWork, to: str, actor: Person, now: datetime) -> None:
    """Raises NoColleague unless `to`, or whoever stands in for them, can take a caller."""
    roster = roster_of(uow, now)
    if to not in roster.members:
        raise NoColleague
    acting = roster.members.get(roster.acting(to))
    if acting is None or acting.extension == actor.extension or to == actor.extension:
        raise NoColleague
    if not acting.on_duty or acting.extension in talking(uow.calls.live()):
        raise NoColleague


def take_handoffs(
    uow: FollowsHandoffs, decide: Callable[[TypedHandoff], Refusal | int | None], now: datetime
) -> int:
    """Have each request decided by the desk that has its call: a handoff's number, a refusal, None if it is not ours.

    `decide` is asked again after a commit that failed, and has to answer the same. The count of what was decided.
    """
    count = 0
    for asked in uow.typed_handoffs.requested():
        decided = decide(asked)
        if decided is None and now - asked.requested_at >= LOST:
            decided = Refusal.STALE
        if decided is None:
            continue
        count += 1
        if isinstance(decided, Refusal):
            uow.typed_handoffs.settle(asked.id, State.DECLINED, refusal=decided)
        else:
            uow.typed_handoffs.settle(asked.id, State.HANDED, handoff=decided)
        uow.notify(CALLS_CHANNEL, asked.linkedid)
    return count


def is_fresh(asked: TypedHandoff, now: datetime) -> bool:
    """Whether a desk may still carry it out; at exactly ten seconds not any more."""
    return now - asked.requested_at < FRESH


def follow_typed(uow: FollowsHandoffs, *, request_id: int, ticket: str | None, to: str, at: datetime) -> None:
    """Keep the briefing in the story of the call's ticket; called once, from the journal."""
    asked = uow.typed_handoffs.get(request_id)
    if asked is None or ticket is None or uow.tickets.get(ticket) is None:
        return
    change = (EventKind.BRIEFED, {"to": to, "text": asked.text})
    record(uow, lock_ticket(uow, ticket), change, actor=asked.extension, at=at)
