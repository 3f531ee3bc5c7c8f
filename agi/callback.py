"""Entry `callback`: the caller leaves name and matter (H30). Arguments: linkedid, why they are here.

A hang-up at any moment after the beep leaves a ticket with what there is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agi.desk import Desk
from agi.errors import AgiError
from agi.language import CHANNEL_LANGUAGE, KEY, MAX_SWITCHES, choose, language_of
from agi.live import LiveCall
from agi.protocol import Session
from agi.say import ANY_KEY, KEY_TIMEOUT_MS, Voice
from agi.sound import seconds
from callcenter.domain import spoken
from callcenter.domain.calls import Kind, other_language

LIMIT_MS = 120_000
SILENCE_S = 5
MAX_KEYED = 2
MAX_RERECORDINGS = 5
NUMBER = re.compile(r"\d{3,15}")
SHOWN_NUMBER = re.compile(r"\+?\d{3,15}")
OPENING = {
    "timeout": "no-answer",
    "empty": "no-answer",
    "pressed": "pressed-1",
    "handoff": "no-answer",
}
"""What is said before the caller is asked to speak; sent here by a colleague (`responder`): nothing more."""
WISHES = {"1": "today", "2": "tomorrow", "3": "this_week", "0": None}


@dataclass(slots=True)
class Message:
    """What the caller has told so far."""

    ticket: str | None
    """The call's own ticket, else one drawn at the first beep: nobody before it costs a number."""
    phone: str | None
    language: str
    """What the caller is spoken to in, and is expected to speak."""
    path: str = ""
    """Recording without ending, empty until the first beep begins."""
    keyed: bool = False
    wished: str | None = None


def callback(desk: Desk, session: Session) -> None:
    """Take the message; sets SHOUWEN_NEXT to `end` when nothing is left to do."""
    live = desk.calls.get(session.arg(0))
    live.leaves_message = True
    reason = session.arg(1)
    if reason in ("timeout", "empty", "pressed"):
        desk.calls.record(live.linkedid, Kind.QUEUE_LEFT, reason=reason, wait=False)
    voice = Voice(session, desk.sounds)
    if reason == "closed":
        language = _closed(desk, live, session, voice)
    else:
        language = language_of(session, desk)
        opening = [OPENING[reason]] if reason in OPENING else []
        voice.say(*opening, "record-prompt", keys=ANY_KEY)
    message = _begin(live, language)
    try:
        _converse(desk, live, session, voice, message)
    except AgiError:  # a hang-up above all
        _keep(desk, live, message, confirmed=False)
        raise
    _keep(desk, live, message, confirmed=True)
    digits = spoken.ticket(message.ticket or "")
    voice.say("ticket-is", *digits, "ticket-again", *digits, "goodbye")
    session.set_variable("SHOUWEN_NEXT", "end")


def _closed(desk: Desk, live: LiveCall, session: Session, voice: Voice) -> str:
    """What a closed line says is its welcome: 9 goes on in the other language, until the recording is asked for.

    Any other key goes to the beep. The language in which the message is taken.
    """
    language, said, key = language_of(session, desk), ["closed"], ""
    for _ in range(MAX_SWITCHES):
        key = voice.say(*said, f"{desk.sounds}/{other_language(language)}/language-offer", keys=ANY_KEY)
        if key != KEY:
            break
        language = other_language(language)
        session.set_variable(CHANNEL_LANGUAGE, language)
        choose(desk, live, language)
        said = ["language-now", "closed"]
    if not key:
        voice.say("record-prompt", keys=ANY_KEY)
    return language


def _begin(live: LiveCall, language: str) -> Message:
    call = live.call
    return Message(
        ticket=call.ticket if call else None, phone=call.caller if call else None, language=language
    )


def _converse(desk: Desk, live: LiveCall, session: Session, voice: Voice, message: Message) -> None:
    _record(desk, live, session, voice, message)
    told = _confirm_number(voice, message)
    message.wished = WISHES[voice.ask([*told, "wished"], "1230", "0")]
    for _ in range(MAX_RERECORDINGS):
        played = f"{desk.settings.recordings}/{message.path}"
        if voice.ask(["playback-intro", played, "confirm"], "12", "1") == "1":
            return
        _keep(desk, live, message, confirmed=False, superseded=True)
        voice.say("record-prompt", keys=ANY_KEY)
        _record(desk, live, session, voice, message)


def _record(desk: Desk, live: LiveCall, session: Session, voice: Voice, message: Message) -> None:
    path = desk.recording_path(live.linkedid, "message")
    message.ticket = message.ticket or desk.numbering.next(desk.clock())
    message.path = path
    desk.calls.record(
        live.linkedid,
        Kind.RECORDING_STARTED,
        path=f"{path}.wav",
        ticket=message.ticket,
        language=message.language,
        phone=message.phone,
    )
    voice.say("beep")
    session.record(
        f"{desk.settings.recordings}/{path}", escape_digits="#", limit_ms=LIMIT_MS, silence_s=SILENCE_S
    )


def _confirm_number(voice: Voice, message: Message) -> list[str]:
    """Read the number back (H30); a keyed one replaces the caller's own when the caller says that it is right.

    What the network shows and nobody could dial (a name, 20 digits) is not read out, but kept when none is keyed.
    The result is what to say before the next question.
    """
    shown = message.phone
    own = shown if shown and SHOWN_NUMBER.fullmatch(shown) else None
    if own is not None and _is_right(voice, own) != "2":
        return []
    for _ in range(MAX_KEYED):
        typed = _ask_number(voice, withheld=own is None)
        if typed is None:
            return []
        if not NUMBER.fullmatch(typed):
            return ["number-too-short"]
        # written down at once: a caller who hangs up while it is read back has still given it
        message.phone, message.keyed = typed, True
        answer = _is_right(voice, typed)
        if answer == "1" or (answer == "" and own is None):
            return []
        message.phone, message.keyed = shown, False
        if answer == "":
            return []
    return []


def _ask_number(voice: Voice, *, withheld: bool) -> str | None:
    """What is keyed up to `#`; None after two silences."""
    prompt = "number-withheld" if withheld else "number-key"
    for _ in range(2):
        typed = voice.digits(prompt, first_ms=KEY_TIMEOUT_MS, gap_ms=KEY_TIMEOUT_MS)
        if typed is not None:
            return typed
    return None


def _is_right(voice: Voice, number: str) -> str:
    """`1` right, `2` another, empty when the caller does not say."""
    return voice.ask(["number-is", *spoken.telephone(number), "number-confirm"], "12", "")


def _keep(desk: Desk, live: LiveCall, message: Message, *, confirmed: bool, superseded: bool = False) -> None:
    """Write down what there is; nothing when the caller left before the beep."""
    if not message.path:
        return
    desk.calls.record(
        live.linkedid,
        Kind.RECORDING_ENDED,
        path=f"{message.path}.wav",
        seconds=seconds(desk.settings.recordings / f"{message.path}.wav"),
        phone=message.phone,
        keyed=message.keyed,
        wished=message.wished,
        confirmed=confirmed,
        superseded=superseded,
    )
