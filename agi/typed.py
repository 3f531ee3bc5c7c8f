"""Handoffs that are asked for in the console: the desk is the judge of whether the caller is still to be handed on.

What *3 does by keys is done from outside: the caller is sent on, the responder's phone hears `handed-over` and is hung
up, and the colleague hears a voice say what was typed.
"""

from __future__ import annotations

import logging
import threading

from agi import handing
from agi.ami import Event
from agi.desk import Desk
from agi.live import LiveCall
from callcenter.domain.briefings import Refusal, TypedHandoff
from callcenter.domain.calls import HandoffOutcome, Kind, Mode
from callcenter.services.typed_handoffs import is_fresh

log = logging.getLogger(__name__)

KEPT = 500
"""Refusals remembered, for requests whose row could not be written at once."""
HANDED = "SHOUWEN_HANDED"
ACTION = "typed-handoff "


class TypedHandoffs:
    """The requests that this desk decided."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is decided before `decide`."""
        self.desk = desk
        self._lock = threading.Lock()
        self._declined: dict[int, Refusal] = {}

    def decide(self, asked: TypedHandoff) -> Refusal | int | None:
        """Hand the caller on and return the handoff's number; or say why not. None: the call is not this desk's.

        Asked again it answers the same, also after a restart: what was done stands in the journal.
        """
        live = self.desk.calls.find(asked.linkedid)
        if live is None:
            return None
        done = next((e for e in live.events if e.data.get("typed") == asked.id), None)
        if done is not None:
            return int(done.data["handoff"] or 0)
        with self._lock:
            refusal = self._declined.get(asked.id)
        if refusal is None:
            decided = self._hand_on(live, asked)
            if not isinstance(decided, Refusal):
                return decided
            refusal = decided
            log.info("a handoff of the console is declined: %s", refusal, extra={"linkedid": asked.linkedid})
            with self._lock:
                self._declined[asked.id] = refusal
                while len(self._declined) > KEPT:
                    del self._declined[next(iter(self._declined))]
        return refusal

    def _hand_on(self, live: LiveCall, asked: TypedHandoff) -> Refusal | int:
        desk = self.desk
        at = desk.clock()
        to = desk.routing.acting(asked.to)
        if not desk.routing.works_here(asked.to) or to == asked.extension:
            return Refusal.NOBODY
        with live.changed:  # a key of the phone, or the hang-up, that comes in this moment has to wait for us
            refusal = _obstacle(desk, live, asked)
            if refusal is not None:
                return refusal
            if not is_fresh(asked, at):
                return Refusal.STALE
            if not desk.manager.connected:
                return Refusal.AWAY
            channel = _channel_of(live)
            number = handing.request(
                desk,
                live,
                mode=Mode.RECORDED,
                from_=desk.routing.person(asked.extension),
                to=to,
                channel=channel,
                at=at,
                wait=False,
                typed=asked.id,
            )
        desk.calls.record(
            live.linkedid,
            Kind.HANDOFF_BRIEFED,
            handoff=number,
            typed=asked.id,
            text=asked.text,
            language=asked.language,
        )
        if channel:
            desk.manager.set_variable(channel, HANDED, "1")
        arrived = live.last(Kind.ARRIVED)
        if not desk.manager.redirect(
            str(arrived.data.get("channel", "")) if arrived else "",
            context="shouwen-next",
            exten="requested",
            action_id=f"{ACTION}{live.linkedid}",
        ):
            handing.end(desk, live, number, HandoffOutcome.CANCELLED)
        return number

    def watch(self, event: Event) -> None:
        """Take one manager event: Asterisk may refuse to send the caller on, who then stays where they are."""
        action = event.get("ActionID", "")
        if event["Event"] != "Refused" or not action.startswith(ACTION):
            return
        live = self.desk.calls.known(action.removeprefix(ACTION))
        open_ = handing.pending(live) if live is not None else None
        if live is not None and open_ is not None and open_.typed is not None:
            log.warning("Asterisk did not send the caller on", extra={"linkedid": live.linkedid})
            if open_.channel:  # they talk on, and are not to hear at the end that they handed anybody over
                self.desk.manager.set_variable(open_.channel, HANDED, "")
            handing.end(self.desk, live, open_.number, HandoffOutcome.CANCELLED)


def _obstacle(desk: Desk, live: LiveCall, asked: TypedHandoff) -> Refusal | None:
    """What stands in the way, by the journal."""
    call = live.call
    if call is None or call.ended_at is not None:
        return Refusal.GONE
    person = handing.current_holder(desk, live)
    if person is None or person.extension != asked.extension:
        return Refusal.NOT_HOLDER
    if handing.pending(live) is not None or live.feature_channel or live.leaves_message or call.recordings:
        return Refusal.BUSY
    return Refusal.BUSY if _is_rung_back(live) else None


def _is_rung_back(live: LiveCall) -> bool:
    """Whether a handoff failed and the responder has not picked the caller up again yet.

    The responder of a live one is still on the line and fetches the caller; they are rung only if they hung up.
    """
    events = live.events
    if live.rung_back_after and not any(e.kind is Kind.ANSWERED for e in events[live.rung_back_after :]):
        ended = live.last(Kind.HANDOFF_ENDED)
        return ended is None or ended.data.get("outcome") != HandoffOutcome.ACCEPTED
    for event in reversed(events):
        if event.kind is Kind.ANSWERED:
            return False
        if event.kind is Kind.HANDOFF_ENDED:
            request = live.last(Kind.HANDOFF_REQUESTED)
            live_one = request is not None and request.data["mode"] == Mode.LIVE
            return event.data["outcome"] != HandoffOutcome.ACCEPTED and not live_one
    return False


def _channel_of(live: LiveCall) -> str:
    """The channel of the phone that has the caller; empty when a phone's own transfer key hides it."""
    taken = {
        event.data.get("handoff")
        for event in live.events
        if event.kind is Kind.HANDOFF_ENDED and event.data["outcome"] == HandoffOutcome.ACCEPTED
    }
    for event in reversed(live.events):
        colleagues = event.kind is Kind.HANDOFF_ANSWERED and event.data.get("handoff") in taken
        if event.kind is Kind.ANSWERED or colleagues:
            return str(event.data.get("channel") or "")
    return ""
