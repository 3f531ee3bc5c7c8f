"""The fold: the events of one call, in whatever order they reached us, become one record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from callcenter.domain.calls import (
    Call,
    CallEvent,
    Handoff,
    HandoffOutcome,
    Kind,
    Mode,
    Outcome,
    Person,
    Recording,
    Source,
)

WITNESS_TOLERANCE = timedelta(milliseconds=50)
"""How far the desk's time of an answer may lie from Asterisk's own before an audit should look."""

_LEFT = {"closed": Outcome.CLOSED, "timeout": Outcome.NO_ANSWER}
"""Whoever leaves from anywhere else left before the ring timeout."""


def fold_call(events: Iterable[CallEvent]) -> Call | None:
    """The record of a call, or None while it has not arrived.

    The same events give the same record in any order: they are sorted by instant, and what counts as "the first"
    is decided by instants alone. The first responder is a latch: no later event moves it.
    """
    ordered = _in_order(events)
    arrived = next((event for event in ordered if event.kind is Kind.ARRIVED), None)
    if arrived is None:
        return None
    call = Call(
        linkedid=arrived.linkedid,
        line=str(arrived.data["line"]),
        caller=_text(arrived, "caller"),
        caller_name=_text(arrived, "caller_name"),
        arrived_at=arrived.at,
        language=_language(arrived, ordered),
        source=Source.REBUILT
        if any(e.data.get("source") == Source.REBUILT for e in ordered)
        else Source.LIVE,
    )
    call = _answer(call, ordered)
    ended = [event.at for event in ordered if event.kind is Kind.ENDED]
    call = replace(
        call,
        ended_at=min(ended) if ended else None,
        handoffs=_handoffs(ordered),
        recordings=_recordings(ordered),
    )
    kept = next((recording.ticket for recording in call.recordings), None)
    call = replace(call, ticket=call.ticket or kept)
    return replace(call, outcome=_outcome(call, ordered)) if ended else call


def holder(call: Call) -> Person | None:
    """Who has the caller now: the colleague of the last accepted handoff, else the first responder."""
    accepted = [handoff.to for handoff in call.handoffs if handoff.outcome is HandoffOutcome.ACCEPTED]
    return accepted[-1] if accepted else call.first_responder


def talking(live: Iterable[Call]) -> frozenset[str]:
    """The extensions of those who have a caller now, of calls that have not ended."""
    holders = (holder(call) for call in live if call.answered_at is not None)
    return frozenset(person.extension for person in holders if person is not None)


_ORDER = {kind: index for index, kind in enumerate(Kind)}
_OPENING = (Kind.HANDOFF_REQUESTED, Kind.RECORDING_STARTED)


def _in_order(events: Iterable[CallEvent]) -> list[CallEvent]:
    """By instant; what falls together has an order all the same, whichever came to us first."""
    ordered = sorted(events, key=lambda event: (event.at, _ORDER[event.kind]))
    if any(one.at == other.at and one.kind is other.kind for one, other in pairwise(ordered)):
        ordered.sort(key=lambda event: (event.at, _ORDER[event.kind], repr(sorted(event.data.items()))))
    return ordered


def _openings_first(events: Sequence[CallEvent]) -> list[CallEvent]:
    """What opens a handoff or a recording before what is said of it: two clocks' stamps may cross by a moment."""
    return sorted(events, key=lambda event: event.kind not in _OPENING)


def _text(event: CallEvent, name: str) -> str | None:
    value = event.data.get(name)
    return str(value) if value not in (None, "") else None


def _language(arrived: CallEvent, events: Sequence[CallEvent]) -> str | None:
    chosen = [event for event in events if event.kind is Kind.LANGUAGE]
    return _text(chosen[-1] if chosen else arrived, "language")


def _ms(span: timedelta) -> int:
    return max(0, round(span / timedelta(milliseconds=1)))


def _legs(events: Sequence[CallEvent]) -> dict[str, datetime]:
    """When each leg was answered by Asterisk's own word, by the leg's uniqueid."""
    legs: dict[str, datetime] = {}
    for event in events:
        if event.kind is Kind.LEG_UP:
            legs.setdefault(str(event.data["uniqueid"]), event.at)
    return legs


def _answer(call: Call, events: Sequence[CallEvent]) -> Call:
    rang = [event.at for event in events if event.kind is Kind.RINGING]
    first = next((e for e in events if e.kind is Kind.ANSWERED and not e.data.get("again")), None)
    if first is None:
        return replace(call, rang_at=min(rang, default=None))
    uniqueid = str(first.data.get("uniqueid", ""))
    leg = _legs(events).get(uniqueid)
    answered_at = leg or first.at
    rang_at = min([at for at in rang if at <= answered_at], default=answered_at)
    greeted = [
        event.at
        for event in events
        if event.kind is Kind.GREETED and event.data.get("uniqueid") == uniqueid and event.at >= answered_at
    ]
    return replace(
        call,
        rang_at=rang_at,
        answered_at=answered_at,
        answer_ms=_ms(answered_at - rang_at),
        wait_ms=_ms(answered_at - call.arrived_at),
        greeting_ms=_ms(min(greeted) - answered_at) if greeted else None,
        first_responder=Person(extension=str(first.data["extension"]), name=str(first.data["name"])),
        ticket=_text(first, "ticket"),
        disagreements=_disagreements(first, events),
    )


def _disagreements(first: CallEvent, events: Sequence[CallEvent]) -> tuple[str, ...]:
    found: list[str] = []
    seen = [
        e for e in events if e.kind is Kind.LEG_UP and e.data.get("uniqueid") == first.data.get("uniqueid")
    ]
    # the wire's instant and Asterisk's own: the desk has to agree with one of them
    apart = min((abs(first.at - event.at) for event in seen), default=timedelta())
    if apart > WITNESS_TOLERANCE:
        found.append(f"answer time: desk and Asterisk differ by {_ms(apart)} ms")
    others = {str(event.data.get("extension")) for event in seen} - {str(first.data["extension"])}
    if others:
        found.append(
            f"answered by: desk says {first.data['extension']}, Asterisk says {', '.join(sorted(others))}"
        )
    return tuple(found)


def _handoffs(events: Sequence[CallEvent]) -> tuple[Handoff, ...]:
    legs = _legs(events)
    found: dict[int, Handoff] = {}
    limits: dict[int, timedelta] = {}
    for event in _openings_first(events):
        data = event.data
        if "handoff" not in data:
            continue
        number = int(data["handoff"] or 0)
        if event.kind is Kind.HANDOFF_REQUESTED:
            limits[number] = timedelta(seconds=float(data["limit_s"] or 0))
            found[number] = Handoff(
                mode=Mode(str(data["mode"])),
                from_=Person(extension=str(data["from"]), name=str(data["from_name"])),
                to=Person(extension=str(data["to"]), name=str(data["to_name"])),
                requested_at=event.at,
            )
        elif number not in found:
            continue
        elif event.kind is Kind.HANDOFF_BRIEFED:
            found[number] = replace(found[number], briefing=_text(event, "path"))
        elif event.kind is Kind.HANDOFF_ANSWERED:
            at = legs.get(str(data.get("uniqueid")), event.at)
            found[number] = replace(found[number], answered_at=at)
        elif event.kind is Kind.HANDOFF_ENDED and found[number].outcome is None:
            found[number] = _ended(found[number], event, limits[number])
    return tuple(found[number] for number in sorted(found))


def _ended(handoff: Handoff, event: CallEvent, limit: timedelta) -> Handoff:
    outcome = HandoffOutcome(str(event.data["outcome"]))
    if outcome is not HandoffOutcome.ACCEPTED:
        return replace(handoff, outcome=outcome)
    return replace(
        handoff,
        outcome=outcome,
        completed_at=event.at,
        within_limit=event.at - handoff.requested_at <= limit,
    )


def _recordings(events: Sequence[CallEvent]) -> tuple[Recording, ...]:
    found: dict[str, Recording] = {}
    for event in _openings_first(events):
        if event.kind is Kind.RECORDING_STARTED:
            path = str(event.data["path"])
            found[path] = Recording(
                path=path,
                started_at=event.at,
                ticket=str(event.data["ticket"]),
                language=str(event.data["language"]),
                phone=_text(event, "phone"),
            )
        elif event.kind is Kind.RECORDING_ENDED and str(event.data["path"]) in found:
            path = str(event.data["path"])
            found[path] = replace(
                found[path],
                ended_at=event.at,
                seconds=float(event.data.get("seconds") or 0),
                phone=_text(event, "phone"),
                phone_keyed=bool(event.data.get("keyed")),
                wished_reply=_text(event, "wished"),
                confirmed=bool(event.data.get("confirmed")),
            )
    return tuple(found.values())


def _outcome(call: Call, events: Sequence[CallEvent]) -> Outcome:
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.recordings:
        return Outcome.CALLBACK
    if any(event.data.get("failed") for event in events if event.kind is Kind.ENDED):
        return Outcome.FAILED
    left = [str(event.data["reason"]) for event in events if event.kind is Kind.QUEUE_LEFT]
    return _LEFT.get(left[-1], Outcome.ABANDONED) if left else Outcome.ABANDONED
