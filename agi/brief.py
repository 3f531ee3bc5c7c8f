"""Entry `brief`: recorded transfer (*3), on the responder's channel. Argument: linkedid."""

from __future__ import annotations

from agi import briefings, handing
from agi.desk import Desk
from agi.errors import HungUp
from agi.feature import ask_colleague, in_feature
from agi.live import LiveCall
from agi.protocol import Session
from agi.routing import extension_of
from agi.say import Voice
from agi.sound import spoken_seconds
from callcenter.domain.calls import HandoffOutcome, Kind, Mode

LIMIT_MS = 60_000
SILENCE_S = 5
LEAST_S = 1.0
"""A briefing shorter than this is none."""


def brief(desk: Desk, session: Session) -> None:
    """Take the extension and the briefing; sets SHOUWEN_BRIEFED when there is one.

    A responder who hangs up while speaking has said what they wanted: the caller's channel then asks `handoff`.
    """
    live, at = desk.calls.get(session.arg(0)), desk.clock()
    channel = session.env.get("channel", "")
    own = desk.routing.person(extension_of(channel))
    voice = Voice(session, desk.sounds)
    with in_feature(desk, live, session) as counts:
        if not counts:
            return
        to = ask_colleague(desk, voice, own.extension)
        if to is None:
            return
        handing.request(desk, live, mode=Mode.RECORDED, from_=own, to=to, channel=channel, at=at)
        path = desk.recording_path(live.linkedid, "briefing")
        try:
            voice.say("brief-prompt", keys="#")
            voice.say("beep")
            session.record(
                f"{desk.settings.recordings}/{path}",
                escape_digits="#",
                limit_ms=LIMIT_MS,
                silence_s=SILENCE_S,
            )
        except HungUp:
            _settle(desk, live, path)
            raise
        if _settle(desk, live, path):
            session.set_variable("SHOUWEN_BRIEFED", to)
            voice.say("handed-over")
        else:
            voice.say("handoff-failed")


def _settle(desk: Desk, live: LiveCall, path: str) -> bool:
    """Keep the briefing, or cancel the handoff when there is under a second of it."""
    open_ = handing.pending(live)
    if open_ is None:
        return False
    seconds = spoken_seconds(desk.settings.recordings / f"{path}.wav")
    if seconds < LEAST_S:
        handing.end(desk, live, open_.number, HandoffOutcome.CANCELLED)
        return False
    desk.calls.record(
        live.linkedid,
        Kind.HANDOFF_BRIEFED,
        handoff=open_.number,
        path=f"{path}.wav",
        seconds=seconds,
        language=desk.settings.language,
    )
    briefings.level(desk.settings, f"{path}.wav")
    return True
