"""Use cases of calls: what a node's journal says becomes calls, tickets and recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from callcenter.domain.calls import Call, CallEvent, HandoffOutcome, Kind, Recording, Source
from callcenter.domain.fold import fold_call, holder
from callcenter.domain.transcripts import Purpose, RecordedFile
from callcenter.services import call_tickets
from callcenter.services.call_backs import CallBackUnitOfWork, follow_call_backs
from callcenter.services.caller_languages import follow_language
from callcenter.services.ports import CALLS_CHANNEL
from callcenter.services.transcripts import add_recording
from callcenter.services.typed_handoffs import FollowsHandoffs, follow_typed


class Calls(Protocol):
    """Calls in and out of the database; see `callcenter.db.calls`."""

    def lock_position(self, node: int) -> int: ...
    def set_position(self, node: int, position: int) -> None: ...
    def append(self, node: int, events: Sequence[tuple[int, CallEvent]]) -> None: ...
    def events_of(self, linkedids: Sequence[str]) -> dict[str, list[CallEvent]]: ...
    def save(self, calls: Sequence[Call]) -> None: ...


class CallsUnitOfWork(CallBackUnitOfWork, FollowsHandoffs, Protocol):
    """A unit of work that has calls, call backs, handoffs of the console and transcripts."""

    @property
    def calls(self) -> Calls: ...


def apply_events(uow: CallsUnitOfWork, *, node: int, events: Sequence[tuple[int, CallEvent]]) -> list[str]:
    """Apply a run of a node's journal, in order; returns the linkedids it touched.

    Events up to the stored position are left out, and the position moves in the same transaction: each event is
    applied exactly once, however often it is offered.
    """
    position = uow.calls.lock_position(node)
    fresh = [(place, event) for place, event in events if place > position]
    if not fresh:
        return []
    linkedids = list(dict.fromkeys(event.linkedid for _, event in fresh))
    history = uow.calls.events_of(linkedids)
    news = [(place, event) for place, event in fresh if not _is_known(event, history[event.linkedid])]
    # what came before a call's arrival or answer was known could not be followed yet
    late = {event.linkedid for _, event in news if event.kind in (Kind.ARRIVED, Kind.ANSWERED)}
    followed = [event for linkedid in late for event in history[linkedid]]
    if news:
        uow.calls.append(node, news)
    for _, event in news:
        history[event.linkedid].append(event)
        followed.append(event)
    calls = {linkedid: fold_call(history[linkedid]) for linkedid in linkedids}
    uow.calls.save([call for call in calls.values() if call is not None])
    known = [(event, call) for event in followed if (call := calls[event.linkedid]) is not None]
    answers = [answer for event, call in known if (answer := _answer(event, call)) is not None]
    if answers:
        call_tickets.open_for_answers(uow, answers)
    for event, call in known:
        _follow(uow, event, call)
    placed = {event.linkedid for _, event in news if event.kind is Kind.CALL_BACK}
    follow_call_backs(uow, {linkedid: history[linkedid] for linkedid in linkedids if linkedid in placed})
    uow.calls.set_position(node, fresh[-1][0])
    uow.notify(CALLS_CHANNEL, *linkedids)
    return linkedids


def _is_known(event: CallEvent, before: Sequence[CallEvent]) -> bool:
    """Whether a rebuilt event tells what the database has already.

    A node that lost its journal reads Asterisk's whole record again; its calls were not missed.
    """
    if event.data.get("source") != Source.REBUILT:
        return False
    mark = "extension" if event.kind is Kind.RINGING else "path"
    return any(known.kind is event.kind and known.data.get(mark) == event.data.get(mark) for known in before)


def _follow(uow: CallsUnitOfWork, event: CallEvent, call: Call) -> None:
    """What an event means beyond the call's own record."""
    if event.kind in (Kind.ARRIVED, Kind.LANGUAGE):
        follow_language(uow, event, call)
    elif event.kind is Kind.RECORDING_ENDED:
        _keep(uow, call, [r for r in call.recordings if r.path == event.data["path"]])
    elif event.kind is Kind.HANDOFF_BRIEFED and "typed" in event.data:
        number = int(event.data["handoff"] or 0)
        to = call.handoffs[number - 1].to.extension if len(call.handoffs) >= number else ""
        follow_typed(uow, request_id=int(event.data["typed"] or 0), ticket=call.ticket, to=to, at=event.at)
    elif event.kind is Kind.HANDOFF_BRIEFED:
        briefing = RecordedFile(
            linkedid=call.linkedid,
            ticket=call.ticket,
            purpose=Purpose.BRIEFING,
            path=str(event.data["path"]),
            language=str(event.data["language"]),
            seconds=float(event.data.get("seconds") or 0),
            created_at=event.at,
        )
        add_recording(uow, briefing)
    elif event.kind is Kind.HANDOFF_ENDED and event.data["outcome"] == HandoffOutcome.ACCEPTED:
        colleague = holder(call)
        if call.ticket and colleague:
            call_tickets.hand_over(uow, number=call.ticket, to=colleague, at=event.at)
    elif event.kind is Kind.ENDED:
        # the desk died between the beep and the end: what was recorded is kept all the same
        _keep(uow, call, [r for r in call.recordings if r.ended_at is None])


def _answer(event: CallEvent, call: Call) -> call_tickets.Answer | None:
    """The ticket that this event opens: the first answer of a call carries its number."""
    if event.kind is not Kind.ANSWERED or not call.ticket or call.first_responder is None:
        return None
    if event.data.get("ticket") != call.ticket:
        # another phone's 200 came in the same moment: one call has one ticket
        return None
    return call_tickets.Answer(
        number=call.ticket,
        linkedid=call.linkedid,
        responder=call.first_responder,
        phone=call.caller,
        name=call.caller_name,
        at=event.at,
    )


def _keep(uow: CallsUnitOfWork, call: Call, recordings: Sequence[Recording]) -> None:
    for recording in recordings:
        ended_at = recording.ended_at or call.ended_at or recording.started_at
        call_tickets.open_for_recording(
            uow,
            number=recording.ticket,
            linkedid=call.linkedid,
            phone=recording.phone,
            name=call.caller_name,
            wished_reply=recording.wished_reply,
            at=ended_at,
        )
        message = RecordedFile(
            linkedid=call.linkedid,
            ticket=recording.ticket,
            purpose=Purpose.MESSAGE,
            path=recording.path,
            language=recording.language,
            seconds=recording.seconds,
            created_at=ended_at,
        )
        add_recording(uow, message)
