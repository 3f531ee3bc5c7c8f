"""What the colleague hears of a handoff before they take it: who calls, then the briefing, spoken or typed."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np

from agi.desk import Desk
from agi.handing import Pending, Typed
from agi.live import LiveCall
from agi.protocol import Session
from agi.say import Voice
from agi.sound import HEADER_BYTES, RATE_HZ
from callcenter.domain.briefings import spoken_form
from callcenter.domain.spoken import ticket
from callcenter.errors import ShouwenError
from callcenter.runtime import spoken
from callcenter.settings import Settings
from callcenter.sound.samples import Samples
from callcenter.sound.shape import prepared
from callcenter.sound.wav import wav_bytes

log = logging.getLogger(__name__)

READY_S = 3.0
"""So long a colleague waits for the voice; then they hear the ticket's number and read the text."""
LOOK_MS = 100
KEY_HZ = (941.0, 1477.0)
"""The two tones of the hash key (ITU-T Q.23), which ends a briefing."""
KEY_SHARE = 0.85
"""Of a frame's power that lies in both tones together."""
KEY_LONGEST_S = 0.5
FRAME = 160


def level(settings: Settings, recording: str) -> None:
    """Write a recorded briefing as it is played: at -20 dBFS, without silence and key tone at its ends.

    The original stays as it is: it is evidence, and what is transcribed. Whatever goes wrong, it is played instead.
    """
    try:
        raw = (settings.recordings / recording).read_bytes()[HEADER_BYTES:]
        samples = (np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2") / 32768).astype(np.float32)
        better = prepared(without_key(samples), RATE_HZ, RATE_HZ)
        spoken.write(settings, spoken.levelled_file(settings, recording), wav_bytes(better, RATE_HZ))
    except (OSError, ValueError, ShouwenError) as error:
        log.warning("a briefing is played as it was recorded: %s", type(error).__name__)


def without_key(samples: Samples) -> Samples:
    """The samples without a hash key's tone at their end, as a phone sends it that has no RFC 4733."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    last = frames[-round(KEY_LONGEST_S * RATE_HZ / FRAME) :].astype(np.float64)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(FRAME), KEY_HZ) / RATE_HZ)
    power = 2 * (np.abs(last @ turns) ** 2).sum(axis=1) / FRAME
    keyed = np.flatnonzero(power > KEY_SHARE * np.maximum((last**2).sum(axis=1), 1e-3))
    if not len(keyed) or keyed[-1] - keyed[0] + 1 != len(keyed):
        return samples
    rest = last[keyed[-1] + 2 :]  # in the frame in which it ends the rest of it is
    if len(keyed) < 2 or (len(rest) and np.sqrt((rest**2).mean()) > 0.01):
        return samples
    # the frame in which it begins holds a part of it too
    return samples[: max(0, (len(frames) - len(last) + int(keyed[0]) - 1) * FRAME)]


class Briefing:
    """One handoff's briefing, as often as the colleague wants to hear it."""

    def __init__(self, desk: Desk, live: LiveCall, session: Session, voice: Voice, open_: Pending) -> None:
        """Nothing is played yet."""
        self._desk = desk
        self._live = live
        self._session = session
        self._voice = voice
        self._open = open_

    def play(self, keys: str, *, first: bool) -> str:
        """Play it with what goes before; the key that interrupted it, or an empty string."""
        recorded = self._recorded()
        has_words = recorded is not None or self._open.typed is not None
        opening = ["hear-intro" if has_words else "hear-none"] if first or not has_words else []
        caller = _playable(spoken.caller_file(self._desk.settings, self._live.linkedid))
        key = self._voice.say(*opening, *([caller] if caller else []), keys=keys)
        if key:
            return key
        if recorded is not None:
            return self._voice.say(recorded, keys=keys)
        return self._say_typed(self._open.typed, keys) if self._open.typed else ""

    def _recorded(self) -> str | None:
        if self._open.briefing is None:
            return None
        settings = self._desk.settings
        levelled = spoken.levelled_file(settings, self._open.briefing)
        return _playable(levelled) or _playable(settings.recordings / self._open.briefing)

    def _say_typed(self, typed: Typed, keys: str) -> str:
        """Piece after piece, each as soon as it is there; when one is late: the number, and a word on the screen."""
        said = spoken_form(typed.text)
        if not said:
            return self._on_screen(keys)
        played = 0
        until = time.monotonic() + READY_S
        while True:
            pieces = spoken.read_plan(self._desk.settings, said, typed.language)
            if pieces is not None and played == len(pieces) > 0:
                return ""
            sound = _playable(pieces[played]) if pieces else None
            if sound is not None:
                if key := self._voice.say(sound, keys=keys):
                    return key
                played += 1
                until = time.monotonic() + READY_S
            elif time.monotonic() >= until or (pieces is not None and not pieces):
                return self._on_screen(keys)
            elif (key := self._session.wait_for_digit(LOOK_MS)) and key in keys:
                return key

    def _on_screen(self, keys: str) -> str:
        log.info("a typed briefing is read on the screen", extra={"linkedid": self._live.linkedid})
        call = self._live.call
        number = ticket(call.ticket or "") if call else []
        told = ["ticket-is", *number, "hear-screen"] if number else ["hear-screen"]
        return self._voice.say(*told, keys=keys)


def _playable(file: Path) -> str | None:
    """The file as Asterisk is told of it, without its ending; None when it is not there."""
    try:
        has_sound = file.stat().st_size > HEADER_BYTES
    except OSError:
        return None
    return str(file.with_suffix("")) if has_sound else None
