"""What the recogniser makes of own recordings of prompts, so that a wrong file is noticed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.own_prompts import Version
from callcenter.sound.decode import decode
from callcenter.sound.errors import SoundError
from transcripts.audio import RATE_HZ, Audio
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import ModelMissing, TranscriptsError
from transcripts.listening import finished

log = logging.getLogger(__name__)

PROMPTS_S = 3.0
AT_ONCE = 20

Units = Callable[[], AbstractContextManager[SqlUnitOfWork]]


class PromptReader:
    """Reads one recording at a time. It is a help, no record: what fails is left without a reading."""

    def __init__(self, units: Units, choose: Callable[[str], Recogniser]) -> None:
        """`choose` gives a language's recogniser and raises ModelMissing."""
        self._units = units
        self._choose = choose
        self._failed: set[int] = set()

    def run_once(self) -> None:
        """Read the latest recording that has no reading; nothing while there is no model."""
        with self._units() as uow:
            unread = [each for each in uow.own_prompts.unread(AT_ONCE) if each.id not in self._failed]
            sounds = uow.own_prompts.sound(unread[0].id) if unread else None
        if sounds is None:
            return
        version = unread[0]
        try:
            heard = self._read(version, sounds[1])
        except ModelMissing:
            return
        except (TranscriptsError, SoundError) as error:
            log.warning("own recording not read id=%s error=%s", version.id, type(error).__name__)
            self._failed.add(version.id)
            return
        with self._units() as uow:
            uow.own_prompts.note_reading(
                version.id, heard.text or None, engine=heard.engine, at=datetime.now(UTC)
            )
            uow.commit()

    def _read(self, version: Version, wav16: bytes) -> Transcript:
        language = version.prompt.language
        audio = Audio(decode(wav16, RATE_HZ).samples)
        return finished(self._choose(language).transcribe(audio), language)
