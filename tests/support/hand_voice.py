"""A voice's process whose texts say what it does: `python -m tests.support.hand_voice FD`."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing.connection import Connection

import numpy as np

from callcenter.runtime.spoken import RATE_HZ
from callcenter.sound.shape import level
from callcenter.sound.wav import wav_bytes
from synthesis.errors import NothingToSay, SynthesisError, TextTooLong, VoiceMissing
from synthesis.speaker import LONGEST_TEXT


def main() -> None:
    """Answer until the other side is gone."""
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                text, _ = connection.recv()
            except (EOFError, OSError):
                return
            if text == "die":
                os._exit(9)
            if text == "slow":
                time.sleep(0.3)
            if text == "hang":
                time.sleep(600)
            connection.send(_said(text))


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
