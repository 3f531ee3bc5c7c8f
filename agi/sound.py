"""Measuring what Asterisk recorded: seconds of sound and of speech in an 8 kHz, 16-bit, mono WAV file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RATE_HZ = 8000
HEADER_BYTES = 44
FRAME = 160
LOUD = 200.0
"""RMS of a 20 ms frame above which somebody speaks (Asterisk's own threshold of silence is 256, an average)."""


def _samples(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The samples; an absent or cut-off file has what there is. The header's length is not trusted: a file that
    was being written when Asterisk died says 0."""
    try:
        raw = path.read_bytes()[HEADER_BYTES:]
    except OSError:
        raw = b""
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float64)


def seconds(path: Path) -> float:
    """Length of a recording in seconds."""
    return round(len(_samples(path)) / RATE_HZ, 2)


def spoken_seconds(path: Path) -> float:
    """Seconds from the first to the last loud frame; 0 when nobody spoke."""
    samples = _samples(path)
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return 0.0
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > LOUD)
    return round(float(loud[-1] - loud[0] + 1) * FRAME / RATE_HZ, 2) if len(loud) else 0.0
