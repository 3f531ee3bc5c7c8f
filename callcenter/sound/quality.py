"""What is wrong with a recording that can be read: distorted, noisy, quiet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callcenter.sound.samples import Samples, frames_dbfs, speech_dbfs

_FLAT = 3
"""So many equal samples in a row at the very top are a peak that was cut off."""
_NEAR_TOP = 0.98
_TOP_OF_FULL_SCALE = 0.5
_NOISE_PERCENTILE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Levels in dBFS. `clipped`: the share of samples in cut-off peaks."""

    speech_dbfs: float
    noise_dbfs: float
    clipped: float


def quality(samples: Samples, rate_hz: int) -> Quality:
    """Measured over the whole sound, before anything is done to it; the sound is not empty."""
    frames = frames_dbfs(samples, rate_hz)
    # frames of nothing but zeros were put there by a program: they say nothing of the room
    heard = frames[frames > -100]
    noise = float(np.percentile(heard, _NOISE_PERCENTILE)) if len(heard) else -120.0
    return Quality(
        speech_dbfs=speech_dbfs(samples, rate_hz),
        noise_dbfs=noise,
        clipped=_clipped(samples),
    )


def _clipped(samples: Samples) -> float:
    """What was cut off may have been turned down later, so the top is the loudest sample, not full scale."""
    top = float(np.abs(samples).max())
    if top < _TOP_OF_FULL_SCALE:
        return 0.0
    near = np.abs(samples) >= _NEAR_TOP * top
    edges = np.flatnonzero(np.diff(np.concatenate(([0], near.astype(np.int8), [0]))))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= _FLAT].sum() / len(samples))
