"""Prompts for tests: each is a short pure tone of its own pitch, so that a test hears exactly what was said.

An English one has a low tone before it, the "prompt" `en`.
"""

from __future__ import annotations

import shutil
import tomllib
import wave
from pathlib import Path

import numpy as np

from callcenter.softphone.call import Call

SOURCE = Path(__file__).parents[2] / "asterisk-config" / "sounds" / "zh"
RATE_HZ = 8000
FRAME = 160
ENGLISH_HZ, ENGLISH_S = 300, 0.14
TAKEN_HZ = (600, 700, 1000)
"""Pitches with another meaning: what `hear_each_other` plays, and the beep."""
LONG_S = {"wished": 1.5}
"""One prompt is long: tests interrupt it."""
TONE_S, GAP_S = 0.2, 0.06
LEAST_FRAMES = 5
PURE = 0.8
LOUD = 200.0

RARE = {f"place-{number}" for number in range(4, 11)} | {"place-more"}
"""No test has so many callers wait."""
_TEXTS = tomllib.loads((SOURCE.parent / "prompts.toml").read_text("utf-8"))


def _has_pitch(key: str) -> bool:
    """There are not pitches enough: of the pieces of longer texts only those of numbers read by digits have one."""
    if key in ("beep", "dash") or key.startswith("digit-"):
        return True
    return key not in RARE and key in _TEXTS and _TEXTS[key]["zh"][-1] in "。？！："


KEYS = sorted(path.stem for path in SOURCE.glob("*.wav") if _has_pitch(path.stem))
PITCH_HZ = dict(
    zip(
        (key for key in KEYS if key != "beep"),
        # multiples of 50 Hz are orthogonal within a packet of 20 ms
        (hz for hz in range(500, 3500, 50) if hz not in TAKEN_HZ),
        strict=False,
    )
) | {"beep": 1000, "en": ENGLISH_HZ}


def render(folder: Path) -> None:
    """Write all prompts of the product as tones, into a folder for each language."""
    for language in ("zh", "en"):
        (folder / language).mkdir(parents=True)
        for key in KEYS:
            _render(folder / language, key, mark=language == "en" and key != "beep")
        shutil.copy(SOURCE / "pause.wav", folder / language)


def _tone(hz: int, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 5000 * np.sin(2 * np.pi * hz * np.arange(int(RATE_HZ * seconds)) / RATE_HZ)


def _render(folder: Path, key: str, *, mark: bool) -> None:
    sound = _tone(PITCH_HZ[key], LONG_S.get(key, TONE_S))
    if mark:
        sound = np.concatenate([_tone(ENGLISH_HZ, ENGLISH_S), sound])
    with wave.open(str(folder / f"{key}.wav"), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes(sound.astype("<i2").tobytes() + bytes(2 * int(RATE_HZ * GAP_S)))


async def hear(call: Call, *keys: str, timeout_s: float = 10) -> None:
    """Until these prompts were heard, one after the other; the beep is one of them."""
    for key in keys:
        await call.wait_tone(PITCH_HZ[key], timeout_s, min_ms=LEAST_FRAMES * 20)


def heard(pcm: bytes) -> list[str]:
    """The prompts in what was received, in order."""
    names = list(PITCH_HZ)
    blocks = np.frombuffer(pcm[: len(pcm) // (2 * FRAME) * 2 * FRAME], dtype="<i2").astype(np.float64)
    frames = blocks.reshape(-1, FRAME)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(FRAME), list(PITCH_HZ.values())) / RATE_HZ)
    energy = (frames**2).sum(axis=1)
    share = 2 * np.abs(frames @ turns) ** 2 / (FRAME * np.maximum(energy, 1.0))[:, None]
    found: list[str] = []
    run, last = 0, -1
    for index, best in enumerate(share.argmax(axis=1)):
        pure = share[index, best] >= PURE and energy[index] >= FRAME * LOUD**2
        run = (run + 1 if best == last else 1) if pure else 0
        last = int(best) if pure else -1
        if run == LEAST_FRAMES:
            found.append(names[best])
    return found
