"""Sounds that tests send as files: speech, tones and noise, as WAV or by one of FFmpeg's encoders."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np

from callcenter.sound.decode import decode
from callcenter.sound.samples import Samples

VOICES = Path(__file__).parents[1] / "voices"


def speech(rate_hz: int = 48_000, seconds: float = 2.5, name: str = "zh-briefing-01") -> Samples:
    """Somebody who speaks, at -20 dBFS."""
    return decode(VOICES / f"{name}.wav", rate_hz).samples[: round(seconds * rate_hz)]


def tone(hz: float, seconds: float, rate_hz: int = 48_000, peak: float = 0.3) -> Samples:
    """A pure tone."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def noise(seconds: float, rate_hz: int = 48_000, rms: float = 0.03) -> Samples:
    """White noise, the same each time."""
    random = np.random.default_rng(7)
    return (rms * random.standard_normal(round(seconds * rate_hz))).astype(np.float32)


def wav(samples: Samples, rate_hz: int = 48_000, channels: int = 2) -> bytes:
    """A WAV file of 16 bits, the same on each channel."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, 2, rate_hz, 0, "NONE", "not compressed"))
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
        file.writeframes(np.repeat(pcm, channels).tobytes())
    return buffer.getvalue()


ENCODERS = {"mp3": "libmp3lame", "flac": "flac", "ogg": "libopus", "ipod": "aac"}
"""By FFmpeg's name of the container; ipod is M4A."""


def encoded(samples: Samples, container: str, rate_hz: int = 48_000) -> bytes:
    """The sound in another container."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(ENCODERS[container], rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.rate = rate_hz
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()
