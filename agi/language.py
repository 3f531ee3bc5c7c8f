"""Key 9: the call goes on in the other language, and the number is remembered. Entry `language`: linkedid, language."""

from __future__ import annotations

from datetime import timedelta

from agi.desk import Desk
from agi.live import LiveCall
from agi.protocol import Session
from callcenter.domain.calls import LANGUAGES, Kind, other_language

KEY = "9"
CHANNEL_LANGUAGE = "CHANNEL(language)"
MAX_SWITCHES = 8
"""Whoever presses it oftener in one call is not choosing a language."""
BOUNCE = timedelta(milliseconds=700)
"""A second press so soon is the same one."""


def language(desk: Desk, session: Session) -> None:
    """The caller has pressed it in the welcome; the dialplan speaks that language already."""
    choose(desk, desk.calls.get(session.arg(0)), session.arg(1))


def language_of(session: Session, desk: Desk) -> str:
    """What the session's channel is spoken to in."""
    found = session.env.get("language", "")
    return found if found in LANGUAGES else desk.settings.language


def may_switch(live: LiveCall, desk: Desk) -> bool:
    """Whether key 9 means anything now: not when it bounces, and not for ever."""
    switches = [event for event in live.events if event.kind is Kind.LANGUAGE]
    if not switches:
        return True
    return len(switches) < MAX_SWITCHES and desk.clock() - switches[-1].at >= BOUNCE


def other(live: LiveCall, desk: Desk) -> str:
    """The language that the call is not in."""
    call = live.call
    return other_language((call.language if call else None) or desk.settings.language)


def choose(desk: Desk, live: LiveCall, chosen: str) -> None:
    """Write down what the caller chose; the next call from their number begins in it.

    Not waiting for the disk: the phones are about to ring.
    """
    if chosen not in LANGUAGES:
        return
    call = live.call
    own = desk.settings.language_of(call.line) if call else desk.settings.language
    desk.calls.record(live.linkedid, Kind.LANGUAGE, at=desk.clock(), wait=False, language=chosen, own=own)
    desk.routing.languages.choose(call.caller if call else None, chosen, own=own)
