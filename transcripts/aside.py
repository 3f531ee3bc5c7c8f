"""Recognisers in a process of their own, which stands still while a call is being set up.

A recogniser that crashes, hangs or takes too much memory costs one try of one part of a recording, not the worker.
"""

from __future__ import annotations

import logging
import resource
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from setproctitle import setproctitle

from callcenter.runtime import calls_first
from callcenter.runtime.helper import Helper, HelperLost, HelperTooLarge, HelperTooSlow, answer_for_ever
from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import Audio
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import (
    EngineCrashed,
    EngineFailed,
    EngineTooLarge,
    EngineTooSlow,
    ModelMissing,
    TranscriptsError,
)
from transcripts.listening import Heard, Request, listen, warm

log = logging.getLogger(__name__)

MOST_BYTES = 700_000_000
"""Memory that the process may take besides its models' files (twice: read, and laid out). It is ended beyond."""
PATIENCE_S = 900.0
"""For one part of a recording, a minute of sound: thirty times what it takes, call set-ups in between included."""

_WHY: dict[type[HelperLost], type[EngineFailed]] = {
    HelperTooLarge: EngineTooLarge,
    HelperTooSlow: EngineTooSlow,
}

_Work = tuple[str, Audio] | Request | str
_Answer = Transcript | Heard | TranscriptsError | None


class Aside:
    """The recognisers over there."""

    def __init__(
        self, settings: Settings, *, most_bytes: int | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        """Nothing is started before the first recording."""
        self._settings = settings
        self._patience_s = patience_s
        self._helper = Helper[_Work, _Answer](
            settings,
            "transcripts.aside",
            calls_first.RECOGNISER,
            most_bytes=lambda: most_bytes or _most_bytes(settings),
        )

    def choose(self, language: str) -> Recogniser:
        """The language's recogniser; raises ModelMissing."""
        found = models.choose(self._settings, language)
        if found is None:
            raise ModelMissing(models.why_none(self._settings, language))
        return _Remote(aside=self, engine=found.engine, model=found.model, language=language)

    def transcribe(self, language: str, audio: Audio) -> Transcript:
        """Have the audio understood over there. Raises what the recogniser raises, and EngineFailed if it dies."""
        answer = self._ask((language, audio))
        if not isinstance(answer, Transcript):
            raise EngineFailed
        return answer

    def listen(self, request: Request) -> Heard:
        """Have a part of a recording read and understood over there; elsewhere: in a fresh process. Raises
        TranscriptsError."""
        answer = self._ask(request, fresh=request.elsewhere)
        if not isinstance(answer, Heard):
            raise EngineFailed
        return answer

    def warm(self, language: str) -> None:
        """Have the language's model loaded over there. Raises TranscriptsError."""
        self._ask(language)

    def _ask(self, work: _Work, *, fresh: bool = False) -> _Answer:
        try:
            answer = self._helper.ask(work, patience_s=self._patience_s, fresh=fresh)
        except HelperLost as error:
            raise _WHY.get(type(error), EngineCrashed) from error
        if isinstance(answer, TranscriptsError):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class _Remote:
    """A recogniser of the other process; see Recogniser."""

    aside: Aside
    engine: str
    model: str
    language: str

    def transcribe(self, audio: Audio) -> Transcript:
        return self.aside.transcribe(self.language, audio)


def _most_bytes(settings: Settings) -> int:
    """What the process may take: more with larger models."""
    largest = max((_size(path) for path in models.folders(settings)), default=0)
    return MOST_BYTES + 2 * max(0, largest - 150_000_000)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> None:
    """The process itself: `python -m transcripts.aside FD`. Ends with the other side."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    setproctitle("shouwen recogniser")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    settings = Settings()
    answer_for_ever(int(sys.argv[1]), partial(_done, settings))


def _done(settings: Settings, work: _Work) -> _Answer:
    try:
        if isinstance(work, Request):
            return listen(settings, work)
        if isinstance(work, str):
            warm(settings, work)
            return None
        language, audio = work
        recogniser = models.choose(settings, language)
        if recogniser is None:
            raise ModelMissing(models.why_none(settings, language))
        return recogniser.transcribe(audio)
    except TranscriptsError as error:
        return error
    except MemoryError:
        return EngineTooLarge()
    except Exception as error:
        # foreign code: whatever it does, the next recording has its turn
        log.exception("a recogniser failed")
        return EngineFailed(f"{EngineFailed()} ({type(error).__name__})")


if __name__ == "__main__":
    main()
