"""Samples, and how loud they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono, full scale at -1 and 1."""

TELEPHONE_HZ = 8_000
WIDEBAND_HZ = 16_000

SILENCE_DBFS = -50.0
"""Nothing is said in sound whose loudest 20 ms are below this: a quiet voice on a telephone has -40."""

ACTIVE_WITHIN_DB = 30.0
"""Frames this much below the loudest one are pauses: they do not count for the level of speech."""

FRAME_S = 0.02


def frames_dbfs(samples: Samples, rate_hz: int, frame_s: float = FRAME_S) -> npt.NDArray[np.float64]:
    """Power of each frame, the last one filled up with silence; -120 at the least."""
    size = max(1, round(frame_s * rate_hz))
    padded = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    power = np.mean(np.square(padded, dtype=np.float64), axis=1)
    return np.asarray(10 * np.log10(power + 1e-12))


def speech_dbfs(samples: Samples, rate_hz: int) -> float:
    """Level of what is said: the mean power of the frames that are no pauses; -120 for silence."""
    frames = frames_dbfs(samples, rate_hz)
    if not len(frames):
        return -120.0
    active = frames[frames > frames.max() - ACTIVE_WITHIN_DB]
    return float(10 * np.log10(np.mean(10 ** (active / 10))))


def is_silent(samples: Samples, rate_hz: int) -> bool:
    """Whether nothing can be heard in it."""
    frames = frames_dbfs(samples, rate_hz)
    return not len(frames) or float(frames.max()) < SILENCE_DBFS
