"""The voice's process: `python -m synthesis.process FD`. Ends with the other side."""

from __future__ import annotations

import logging
import os
import resource
import sys

from setproctitle import setproctitle

from callcenter.runtime.helper import answer_for_ever
from callcenter.runtime.models import store
from callcenter.runtime.spoken import RATE_HZ as LINE_HZ
from callcenter.runtime.spoken import VOICE
from callcenter.settings import Settings
from callcenter.sound.errors import SoundSilent
from callcenter.sound.shape import prepared
from callcenter.sound.wav import wav_bytes
from synthesis.errors import NothingToSay, SynthesisError, VoiceFailed, VoiceMissing
from synthesis.kokoro import Kokoro
from synthesis.speaker import RATE_HZ, Speaker

log = logging.getLogger(__name__)

MOST_BYTES = 2_000_000_000
"""Address space: a text that would take the machine's memory fails by itself. 1.1 GB are mapped, 0.7 GB used."""
LEAD_S, TAIL_S, CLAUSE_TAIL_S = 0.05, 0.3, 0.12


def main() -> None:
    """Say what is asked for, one piece after the other."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    setproctitle("shouwen speaker")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    settings = Settings()
    speaker: Speaker | None = None

    def answer(request: tuple[str, str]) -> bytes | SynthesisError:
        nonlocal speaker
        text, language = request
        try:
            speaker = speaker or _loaded(settings)
            return said(speaker, text, language)
        except SynthesisError as error:
            return error

    answer_for_ever(int(sys.argv[1]), answer)


def _loaded(settings: Settings) -> Speaker:
    folder = store.installed(settings, VOICE)
    if folder is None:
        raise VoiceMissing
    return Kokoro(folder)


def said(speaker: Speaker, text: str, language: str) -> bytes:
    """The text as a WAV file for the line. Raises SynthesisError."""
    tail_s = CLAUSE_TAIL_S if text[-1:] in ",，、:：" else TAIL_S
    try:
        samples = prepared(speaker.say(text, language), RATE_HZ, LINE_HZ, lead_s=LEAD_S, tail_s=tail_s)
        return wav_bytes(samples, LINE_HZ)
    except SynthesisError:
        raise
    except SoundSilent as error:
        raise NothingToSay from error
    except Exception as error:
        # foreign code: whatever it does, the next text has its turn; its words may be a person's
        log.error("the voice failed: %s", type(error).__name__)
        raise VoiceFailed(f"{VoiceFailed()} ({type(error).__name__})") from None


if __name__ == "__main__":
    main()
