"""A voice's process whose texts say what it does: `python -m tests.support.hand_voice FD`."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np

from callcenter.runtime.helper import answer_for_ever
from callcenter.runtime.spoken import RATE_HZ
from callcenter.sound.shape import level
from callcenter.sound.wav import wav_bytes
from synthesis.errors import NothingToSay, SynthesisError, TextTooLong, VoiceMissing
from synthesis.speaker import LONGEST_TEXT


def main() -> None:
    """Answer until the other side is gone."""
    answer_for_ever(int(sys.argv[1]), _answer)


def _answer(request: tuple[str, str]) -> bytes | SynthesisError:
    text, _ = request
    if text == "die":
        os._exit(9)
    if text == "slow":
        time.sleep(0.3)
    if text == "hang":
        signal.pause()
    return _said(text)


def _said(text: str) -> bytes | SynthesisError:
    if text == "missing":
        return VoiceMissing()
    if text in ("pid", "slow"):
        return str(os.getpid()).encode()
    if len(text) > LONGEST_TEXT:
        return TextTooLong()
    if not any(each.isalnum() for each in text):
        return NothingToSay()
    wave = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    return wav_bytes(level(wave, RATE_HZ), RATE_HZ)


if __name__ == "__main__":
    main()
