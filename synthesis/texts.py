"""Texts that wait for their voice, said piece by piece into the files that the desk plays."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from callcenter.db.typed_handoffs import WantedText
from callcenter.db.uow import SqlUnitOfWork
from callcenter.runtime import spoken
from callcenter.settings import Settings
from callcenter.sound.wav import wav_bytes
from synthesis.errors import NothingToSay, SynthesisError, VoiceBroken, VoiceMissing
from synthesis.pieces import pieces_of
from synthesis.read_outs import ReadOuts

log = logging.getLogger(__name__)

WANTED_FOR = timedelta(minutes=5)
"""A text that nobody said for so long is of no use any more."""
READ_OUTS_S = 1.0
SWEEP_S = 60.0
MISSING_S = 30.0
"""How soon it is looked again whether there is a voice."""

VOICE = "kokoro-82m-v1"
"""Part of the name of what it said: another voice, or another pace, says everything anew."""

NOTHING = wav_bytes(np.zeros(spoken.RATE_HZ // 10, np.float32), spoken.RATE_HZ)

Units = Callable[[], AbstractContextManager[SqlUnitOfWork]]


class Says(Protocol):
    """A voice; see `synthesis.aside.VoiceAside`."""

    def say(self, text: str, language: str, *, urgent: bool = False) -> bytes: ...


class Texts:
    """What the worker does for them, again and again."""

    def __init__(self, settings: Settings, units: Units, voice: Says) -> None:
        """Nothing is said before `run`."""
        self._settings = settings
        self._units = units
        self._voice = voice
        self._read_outs = ReadOuts(settings, units)
        self._looked = self._swept = 0.0
        self._missing_until = 0.0

    def run(self) -> None:
        """Say what is wanted, one piece at a time, so that what is urgent never waits for more than one."""
        while self._one():
            pass

    def _one(self) -> bool:
        """Say one piece; False when there is nothing to do."""
        moment = time.monotonic()
        with self._units() as uow:
            uow.typed_handoffs.forget_wanted(datetime.now(UTC) - WANTED_FOR)
            wanted = uow.typed_handoffs.wanted()
            uow.commit()
        for each in wanted:
            done = self._go_on(each)
            if done:
                with self._units() as uow:
                    uow.typed_handoffs.said(each)
                    uow.commit()
            return True
        if moment - self._swept > SWEEP_S:
            self._swept = moment
            spoken.sweep(self._settings)
        if moment - self._looked > READ_OUTS_S:
            self._looked = moment
            self._read_outs.look()
        return self._say_caller()

    def _go_on(self, wanted: WantedText) -> bool:
        """Say the next piece of a text; whether nothing of it is left, or nothing can be done."""
        pieces = pieces_of(wanted.text)
        files = [self._piece(piece, wanted.language) for piece in pieces]
        try:
            if not self._has_voice():
                spoken.write_plan(self._settings, wanted.text, wanted.language, [])
                return True
            spoken.write_plan(self._settings, wanted.text, wanted.language, files)
            left = [at for at, file in enumerate(files) if not _is_there(file)]
            if not left:
                return True
            try:
                sound = self._say(pieces[left[0]], wanted.language, urgent=wanted.urgent)
            except NothingToSay:
                sound = NOTHING  # such as a word of no language that it knows: the rest is heard all the same
            spoken.write(self._settings, files[left[0]], sound)
        except (SynthesisError, OSError) as error:
            # what is missing is read on the screen; the words are somebody's and never in a log
            log.warning(
                "a text is not said: %s", error if isinstance(error, SynthesisError) else error.strerror
            )
            with suppress(OSError):
                spoken.write_plan(self._settings, wanted.text, wanted.language, [])
            return True
        return len(left) == 1

    def _say_caller(self) -> bool:
        """Say one caller's name and matter; False when there is none to say."""
        waiting = self._read_outs.next()
        if waiting is None or not self._has_voice():
            return False
        linkedid, text, language = waiting
        try:
            file = self._piece(text, language)
            if not _is_there(file):
                spoken.write(self._settings, file, self._say(text, language, urgent=False))
            spoken.write(self._settings, spoken.caller_file(self._settings, linkedid), file.read_bytes())
        except (SynthesisError, OSError) as error:
            about = error if isinstance(error, SynthesisError) else error.strerror
            log.warning("a caller is not read out: %s", about, extra={"linkedid": linkedid})
        self._read_outs.done(linkedid, text)
        return True

    def _say(self, text: str, language: str, *, urgent: bool) -> bytes:
        try:
            return self._voice.say(text, language, urgent=urgent)
        except (VoiceMissing, VoiceBroken):
            self._missing_until = time.monotonic() + MISSING_S
            raise

    def _has_voice(self) -> bool:
        return time.monotonic() >= self._missing_until

    def _piece(self, text: str, language: str) -> Path:
        return spoken.piece_file(self._settings, text, VOICE, language)


def _is_there(file: Path) -> bool:
    """Whether a piece is said already; it is kept as long as it is used."""
    try:
        os.utime(file)
    except FileNotFoundError:
        return False
    return True
