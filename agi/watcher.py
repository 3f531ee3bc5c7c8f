"""Asterisk's own word on a call: manager events become events of the call. The second witness.

Only AMI sees that a phone rings, that somebody speaks, that a caller hangs up while the dialplan is busy with a
colleague, and transfers made with a desk phone's own key (SIP REFER).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agi import handing
from agi.ami import Event
from agi.desk import Desk
from agi.language import CHANNEL_LANGUAGE, KEY, choose, may_switch, other
from agi.live import LiveCall
from agi.routing import extension_of
from agi.wire import Leg
from callcenter.domain import spoken
from callcenter.domain.calls import HandoffOutcome, Kind, Mode
from callcenter.runtime import asterisk_process
from callcenter.settings import Settings

log = logging.getLogger(__name__)

RINGING, UP = "5", "6"
"""AST_STATE_RINGING and AST_STATE_UP, asterisk/channelstate.h."""


def watch(desk: Desk, event: Event) -> None:
    """Take one manager event."""
    handler = _HANDLERS.get(event["Event"])
    if handler is not None:
        handler(desk, event)


def _at(event: Event) -> datetime:
    """Asterisk's time of the event (`timestampevents=yes`), not the time we read it."""
    stamp = event.get("Timestamp")
    return datetime.fromtimestamp(float(stamp), UTC) if stamp else datetime.now(UTC)


def _leg(desk: Desk, event: Event) -> LiveCall | None:
    """The call that a desk phone's leg belongs to; None for the caller's own channel and for calls not ours."""
    linkedid, uniqueid = event.get("Linkedid", ""), event.get("Uniqueid", "")
    return None if linkedid == uniqueid else desk.calls.known(linkedid)


def _newstate(desk: Desk, event: Event) -> None:
    live = _leg(desk, event)
    if live is None:
        return
    if event.get("ChannelState") == RINGING:
        _rang(desk, live, event["Channel"], event["Uniqueid"], _at(event))
    elif event.get("ChannelState") == UP:
        _record(desk, live, Kind.LEG_UP, event["Channel"], event["Uniqueid"], _at(event))


def rang_on_wire(desk: Desk, leg: Leg, at: datetime) -> None:
    """Take a 180 or 183 that was seen on the wire."""
    live = desk.calls.known(leg.linkedid)
    if live is not None:
        _rang(desk, live, leg.channel, leg.uniqueid, at)


def answered_on_wire(desk: Desk, leg: Leg, at: datetime) -> None:
    """Take a 200 that was seen on the wire; AMI tells of it too, later: the earlier instant counts."""
    live = desk.calls.known(leg.linkedid)
    if live is not None:
        _record(desk, live, Kind.LEG_UP, leg.channel, leg.uniqueid, at)


def _dial_state(desk: Desk, event: Event) -> None:
    live = desk.calls.known(event.get("DestLinkedid", ""))
    if live is not None and event.get("DialStatus") in ("RINGING", "PROGRESS"):
        _rang(desk, live, event["DestChannel"], event["DestUniqueid"], _at(event))


def _rang(desk: Desk, live: LiveCall, channel: str, uniqueid: str, at: datetime) -> None:
    """The first word of each phone's 180 or 183, from the wire or AMI: a phone that rings again rang before."""
    extension = extension_of(channel)
    if not any(e.kind is Kind.RINGING and e.data.get("extension") == extension for e in live.events):
        _record(desk, live, Kind.RINGING, channel, uniqueid, at)


def _record(desk: Desk, live: LiveCall, kind: Kind, channel: str, uniqueid: str, at: datetime) -> None:
    desk.calls.record(
        live.linkedid, kind, at=at, wait=False, extension=extension_of(channel), uniqueid=uniqueid
    )


def _talking(desk: Desk, event: Event) -> None:
    live = _leg(desk, event)
    if live is not None and live.last(Kind.GREETED) is None:
        _record(desk, live, Kind.GREETED, event["Channel"], event["Uniqueid"], _at(event))


def _hangup_requested(desk: Desk, event: Event) -> None:
    """The caller hangs up. While a colleague listens to a briefing the dialplan does not see it; we do."""
    linkedid = event.get("Linkedid", "")
    live = desk.calls.known(linkedid)
    if live is None or event.get("Uniqueid") != linkedid:
        return
    if handing.pending(live) is not None or live.feature_channel:
        handing.caller_gone(desk, live, at=_at(event))
        desk.calls.record(linkedid, Kind.ENDED, at=_at(event), wait=False)


def _attended_transfer(desk: Desk, event: Event) -> None:
    """A desk phone joined the caller and a colleague by itself: REFER with Replaces."""
    live = desk.calls.known(event.get("TransfereeLinkedid", ""))
    if live is None:
        live = desk.calls.known(event.get("OrigTransfererLinkedid", ""))
    if live is None or event.get("Result") != "Success":
        return
    person = handing.current_holder(desk, live)
    target = extension_of(event.get("TransferTargetChannel", "")) or event.get(
        "SecondTransfererConnectedLineNum", ""
    )
    if person is None or not desk.routing.works_here(target):
        log.warning("a transfer by phone to nobody we know", extra={"linkedid": live.linkedid})
        return
    at = _at(event)
    handing.request(desk, live, mode=Mode.PHONE, from_=person, to=target, channel="", at=at)
    open_ = handing.pending(live)
    if open_ is not None:
        desk.calls.record(live.linkedid, Kind.HANDOFF_ANSWERED, at=at, handoff=open_.number, uniqueid="")
        handing.end(desk, live, open_.number, HandoffOutcome.ACCEPTED, at=at)


def _key(desk: Desk, event: Event) -> None:
    """A key in the queue: manager.conf lets those of the extension `wait` pass alone, which callers who wait are in.

    Nothing of the queue is touched: no phone stops ringing. Once somebody has answered, the key means nothing.
    """
    linkedid = event.get("Linkedid", "")
    if event.get("Digit") != KEY or event.get("Direction") != "Received" or event.get("Uniqueid") != linkedid:
        return
    live = desk.calls.get(linkedid)
    if live.call is None or live.last(Kind.ANSWERED) or live.last(Kind.ENDED) or not may_switch(live, desk):
        return
    language = other(live, desk)
    choose(desk, live, language)
    desk.manager.set_variable(event["Channel"], CHANNEL_LANGUAGE, language)
    # what was told in the other language is told again, unless a phone rings for the caller by now
    again = desk.waiting.knows(linkedid) and live.last(Kind.RINGING) is None
    _say(desk, event, language, ["language-now", *(["wait-press-1"] if again else [])])


def _say(desk: Desk, event: Event, language: str, prompts: Sequence[str]) -> None:
    desk.waiting.say(
        desk.manager,
        event["Linkedid"],
        event["Channel"],
        language=language,
        sounds=[f"{desk.sounds}/{prompt}" for prompt in prompts],
    )


def _joined(desk: Desk, event: Event) -> None:
    desk.waiting.joined(event["Linkedid"], event["Channel"], int(event.get("Position", 0)))


def _waits(desk: Desk, event: Event) -> None:
    """Of somebody who waited before the desk was there; a caller's own channel has its call's linkedid."""
    desk.waiting.joined(event["Uniqueid"], event["Channel"], int(event.get("Position", 0)))


def _left(desk: Desk, event: Event) -> None:
    desk.waiting.left(event["Linkedid"])
    desk.waiting.hush(desk.manager, event["Linkedid"])


def _music_stopped(desk: Desk, event: Event) -> None:
    desk.waiting.music_stopped(event["Linkedid"])
    desk.waiting.hush(desk.manager, event["Linkedid"])


def _music_started(desk: Desk, event: Event) -> None:
    place = desk.waiting.music_started(event["Linkedid"])
    live = desk.calls.get(event["Linkedid"]) if place is not None else None
    if place is not None and live is not None and not live.last(Kind.ANSWERED):
        language = (live.call.language if live.call else None) or desk.settings.language
        _say(desk, event, language, spoken.place(place))


def boot_instant(settings: Settings, event: Event) -> datetime:
    """When the Asterisk of this `FullyBooted` was started; `Uptime` alone, in whole seconds, is up to one too early."""
    least = _at(event) - timedelta(seconds=float(event.get("Uptime", 0)) + 1)
    return max(least, asterisk_process.launched_at(settings) or least)


def _booted(desk: Desk, event: Event) -> None:
    """Sent at each connection. Calls from before Asterisk's start are over, and nobody else will say so."""
    booted_at = boot_instant(desk.settings, event)
    desk.waiting.clear()
    desk.manager.ask_who_waits()
    for linkedid in desk.calls.unfinished():
        live = desk.calls.get(linkedid)
        if live.events and live.events[0].at < booted_at:
            log.warning("a call was cut by Asterisk's end", extra={"linkedid": linkedid})
            handing.caller_gone(desk, live, at=booted_at)
            desk.calls.record(linkedid, Kind.ENDED, at=booted_at, failed=True)


_HANDLERS = {
    "FullyBooted": _booted,
    "Newstate": _newstate,
    "DialState": _dial_state,
    "ChannelTalkingStart": _talking,
    "HangupRequest": _hangup_requested,
    "AttendedTransfer": _attended_transfer,
    "DTMFEnd": _key,
    "QueueCallerJoin": _joined,
    "QueueCallerLeave": _left,
    "QueueEntry": _waits,
    "MusicOnHoldStop": _music_stopped,
    "MusicOnHoldStart": _music_started,
}
