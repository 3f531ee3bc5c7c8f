"""Sound at 8 kHz, 16 bits, one channel: G.711, wave files, tones and how loud or pure a block is."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
Samples = NDArray[np.int16]


def _ulaw_to_linear() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    values: Samples = np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
    return values


def _alaw_to_linear() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    base = ((code & 0x0F) << 4) + np.where(segment == 0, 8, 0x108)
    magnitude = base << np.maximum(segment - 1, 0)
    values: Samples = np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)
    return values


def _inverse(table: Samples) -> NDArray[np.uint8]:
    """For every 16-bit value, offset by 32,768, the code whose value is nearest."""
    order = np.argsort(table, kind="stable")
    ordered = table[order].astype(np.int32)
    edges = (ordered[:-1] + ordered[1:]) // 2
    return order[np.searchsorted(edges, np.arange(-32768, 32768), side="left")].astype(np.uint8)


_TO_LINEAR = {0: _ulaw_to_linear(), 8: _alaw_to_linear()}
_FROM_LINEAR = {codec: _inverse(table) for codec, table in _TO_LINEAR.items()}
SILENCE = {0: b"\xff", 8: b"\xd5"}
"""The code of silence for each payload type."""


def encode(pcm: bytes, codec: int) -> bytes:
    """PCM16 to G.711; `codec` is the payload type, 0 (mu-law) or 8 (A-law)."""
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.int32)
    return _FROM_LINEAR[codec][samples + 32768].tobytes()


def decode(payload: bytes, codec: int) -> Samples:
    """G.711 to samples."""
    return np.take(_TO_LINEAR[codec], np.frombuffer(payload, dtype=np.uint8))


def load_wav(path: Path | str) -> bytes:
    """A wave file as PCM16 at 8 kHz, one channel; other rates are brought to it, 16 bits are required."""
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path}: 16-bit samples expected")
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64)
        channels, rate_hz = file.getnchannels(), file.getframerate()
    samples = samples.reshape(-1, channels).mean(axis=1)
    if rate_hz != RATE_HZ and len(samples):
        samples = _resample(samples, rate_hz)
    return samples.round().clip(-32768, 32767).astype("<i2").tobytes()


def _resample(samples: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Band-limited by cutting the spectrum: whole files, not streams."""
    count = max(1, round(len(samples) * RATE_HZ / rate_hz))
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    shared = min(len(spectrum), len(kept))
    kept[:shared] = spectrum[:shared]
    return np.asarray(np.fft.irfft(kept, count) * (count / len(samples)), dtype=np.float64)


def save_wav(path: Path | str, pcm: bytes) -> None:
    """Writes PCM16 as a wave file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm)


def tone(frequency_hz: float, duration_s: float, amplitude: int = 8000) -> bytes:
    """A sine as PCM16."""
    at = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * math.pi * frequency_hz * at)).astype("<i2").tobytes()


def rms(samples: Samples) -> float:
    """Root mean square, 0 to 32,768; 0 for no samples."""
    if not len(samples):
        return 0.0
    return math.sqrt(float(np.mean(np.square(samples.astype(np.float64)))))


def tone_share(samples: Samples, frequency_hz: float) -> float:
    """The part of a block's energy that lies in one frequency, 0 to 1 (Goertzel's sum as a dot product)."""
    values = samples.astype(np.float64)
    energy = float(np.dot(values, values))
    if energy == 0.0:
        return 0.0
    turns = np.exp(-2j * math.pi * frequency_hz / RATE_HZ * np.arange(len(values)))
    return min(1.0, 2 * abs(complex(np.dot(values, turns))) ** 2 / (len(values) * energy))
