"""Samples to WAV files as Asterisk plays them."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path

import numpy as np

from callcenter.sound.samples import Samples


def pcm16(samples: Samples) -> bytes:
    """16-bit little-endian samples; what is beyond full scale is cut off."""
    return np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def wav_bytes(samples: Samples, rate_hz: int) -> bytes:
    """A WAV file: mono, 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(pcm16(samples))
    return buffer.getvalue()


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write a WAV file, mono, 16 bits; whoever opens `path` gets the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(wav_bytes(samples, rate_hz))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
