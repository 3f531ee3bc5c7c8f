"""Entry `hear`: a colleague has answered a handoff, on their channel. Arguments: linkedid, `answered` or `consulted`.

The caller hears music meanwhile; Dial's own timeout ended with the answer, so the limit is kept here.
"""

from __future__ import annotations

import math
import threading

from agi import captions, handing
from agi.briefings import Briefing
from agi.desk import Desk
from agi.handing import Pending
from agi.live import LiveCall
from agi.protocol import Session
from agi.routing import extension_of
from agi.say import Voice
from callcenter.domain.calls import HandoffOutcome, Kind, Mode

KEY_WAIT_MS = 10_000
MAX_REPEATS = 20
HEARD = "SHOUWEN_HEARD"
KEYS = "123"


def hear(desk: Desk, session: Session) -> None:
    """Set SHOUWEN_HEARD to `accept`, `refuse` or `consult`."""
    live = desk.calls.get(session.arg(0))
    open_ = handing.pending(live)
    if open_ is None:  # the caller hung up or the responder took them back in this very moment
        session.set_variable(HEARD, "refuse")
    elif session.arg(1) == "consulted":
        _accept(desk, live, session, open_)
    else:
        _answered(desk, live, session, open_)


def _answered(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> None:
    live.colleague_channel = session.env.get("channel", "")
    desk.calls.record(
        live.linkedid,
        Kind.HANDOFF_ANSWERED,
        handoff=open_.number,
        channel=live.colleague_channel,
        uniqueid=session.env.get("uniqueid", ""),
    )
    if open_.mode is Mode.RECORDED:
        _listen(desk, live, session, open_)
    elif open_.mode is Mode.LIVE:
        session.set_variable("SHOUWEN_LEFT_S", max(0, math.ceil(open_.left(desk.clock()).total_seconds())))
        session.set_variable(HEARD, "consult")
    else:
        _accept(desk, live, session, open_)


def _accept(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> None:
    session.set_variable(HEARD, "accept")
    handing.end(desk, live, open_.number, HandoffOutcome.ACCEPTED)
    channel = live.colleague_channel or ""
    captions.begin(desk, live, channel, extension_of(channel), caller_too=False)


def _listen(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> None:
    channel = live.colleague_channel or ""

    def too_late() -> None:
        # whatever is being played: the caller has waited two minutes and goes back
        if handing.pending(live) is not None:
            handing.end(desk, live, open_.number, HandoffOutcome.TIMED_OUT)
            desk.manager.hang_up(channel)

    timer = threading.Timer(max(0.0, open_.left(desk.clock()).total_seconds()), too_late)
    timer.start()
    try:
        key = _ask(desk, live, session, open_)
    finally:
        timer.cancel()
    if handing.pending(live) is None:
        session.set_variable(HEARD, "refuse")
    elif key == "1":
        _accept(desk, live, session, open_)
    else:
        outcome = HandoffOutcome.REFUSED if key == "2" else HandoffOutcome.NO_ANSWER
        handing.end(desk, live, open_.number, outcome)
        session.set_variable(HEARD, "refuse")


def _ask(desk: Desk, live: LiveCall, session: Session, open_: Pending) -> str:
    """Play the briefing until `1` or `2`; an empty string when no key came within 10 s after it."""
    voice = Voice(session, desk.sounds)
    briefing = Briefing(desk, live, session, voice, open_)
    for time in range(MAX_REPEATS):
        key = briefing.play(KEYS, first=time == 0) or voice.say("hear-menu", keys=KEYS) or _wait(session)
        if key != "3":
            return key
    return ""


def _wait(session: Session) -> str:
    """A key that means something, within 10 s of the last one that did not."""
    for _ in range(MAX_REPEATS):
        key = session.wait_for_digit(KEY_WAIT_MS)
        if key in ("", "1", "2", "3"):
            return key
    return ""
