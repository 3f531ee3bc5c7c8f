"""Entries of a call that we place: `call-back` on the desk phone's channel, `call-back-rate` on the called person's."""

from __future__ import annotations

from agi.call_backs import CALLED_RINGS_S, CONTEXT, CallBacks, Placed, answered_before
from agi.language import CHANNEL_LANGUAGE
from agi.protocol import Session
from agi.routing import extension_of
from agi.say import Voice
from callcenter.domain.call_backs import Outcome, Step, dial_outcome


def call_back(call_backs: CallBacks, session: Session) -> None:
    """Arguments: `answered`; `dialled`, DIALSTATUS, SIP answer; or `ended`, DIALSTATUS, milliseconds of talk.

    Only `answered` says what to dial, to the very channel that was originated for it, and once.
    """
    placed = call_backs.find(session.env.get("uniqueid", ""))
    if placed is None:
        return
    step = session.arg(0)
    if step == "answered":
        _answered(call_backs, session, placed)
    elif step == "dialled":
        outcome = dial_outcome(session.arg(1), session.arg(2))
        reason = " ".join(session.arg(2).split()[:2]).lower() or None
        call_backs.note(placed, Step.DIALLED, wait=True, outcome=outcome.value, reason=reason)
    elif step == "ended":
        _ended(call_backs, session, placed)


def _answered(call_backs: CallBacks, session: Session, placed: Placed) -> None:
    own = extension_of(session.env.get("channel", "")) == placed.extension
    if not own or session.env.get("context") != CONTEXT or Step.ENDED in placed.steps:
        return
    call_backs.note(placed, Step.ANSWERED, wait=True)
    route = call_backs.route(placed)
    if route is None:
        call_backs.note(placed, Step.DIALLED, outcome=Outcome.NO_ROUTE.value, reason="no_trunk")
        return
    session.set_variable("SHOUWEN_SHOWN", call_backs.shown(placed))
    session.set_variable("SHOUWEN_FILE", f"{call_backs.desk.settings.recordings}/{placed.path}.wav")
    session.set_variable("SHOUWEN_DIAL_S", CALLED_RINGS_S)
    session.set_variable("SHOUWEN_DIAL", route)


def _ended(call_backs: CallBacks, session: Session, placed: Placed) -> None:
    at = call_backs.desk.clock()
    if session.arg(1) == "ANSWER":
        call_backs.note(placed, Step.REACHED, at=answered_before(at, session.arg(2)))
    elif session.arg(1) == "CANCEL":
        call_backs.note(placed, Step.DIALLED, outcome=Outcome.GIVEN_UP.value)
    call_backs.end(placed, at=at)


def rate(call_backs: CallBacks, session: Session) -> None:
    """The member of staff has hung up: ask for one key of satisfaction (H32). Argument: linkedid."""
    placed = call_backs.find(session.arg(0))
    if placed is None or not placed.digits:
        return
    session.set_variable(CHANNEL_LANGUAGE, placed.language)
    voice = Voice(session, call_backs.desk.sounds)
    key = voice.ask(["rate"], placed.digits, "")
    if key:
        call_backs.note(placed, Step.RATED, wait=True, digit=key)
        voice.say("rate-thanks")
    else:
        voice.say("goodbye")
