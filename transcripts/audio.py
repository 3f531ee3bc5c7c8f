"""Sound files as recognisers want them: 16 kHz, mono, floats; and whether there is anything to hear."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transcripts.errors import AudioUnreadable

RATE_HZ = 16_000

SILENCE_DBFS = -50.0
"""Nothing is said in audio whose loudest 100 ms are below this: a quiet voice on a telephone has -40."""

_FRAME = RATE_HZ // 10
_RATES_HZ = range(8_000, 48_001)
_PCM = (1, 0xFFFE)
"""WAVE_FORMAT_PCM and WAVE_FORMAT_EXTENSIBLE."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono samples, -1..1, at RATE_HZ."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / RATE_HZ

    @property
    def loudest_dbfs(self) -> float:
        """Power of the loudest 100 ms; -inf for no sound at all."""
        if not len(self.samples):
            return float("-inf")
        padded = np.pad(self.samples, (0, -len(self.samples) % _FRAME)).reshape(-1, _FRAME)
        power = float(np.max(np.mean(np.square(padded, dtype=np.float64), axis=1)))
        return 10 * float(np.log10(power)) if power else float("-inf")

    @property
    def silent(self) -> bool:
        """Whether nothing can be said in it."""
        return self.loudest_dbfs < SILENCE_DBFS

    def pcm16(self) -> bytes:
        """The samples as 16-bit little-endian PCM."""
        return (np.clip(self.samples, -1, 1) * 32767).astype("<i2").tobytes()


def read_audio(path: Path) -> Audio:
    """A WAV file of 16-bit PCM, 8 to 48 kHz, channels mixed to one. Raises AudioUnreadable.

    The lengths in the header are not believed: Asterisk writes them when it closes the file, so they are
    wrong when it was killed, or still records.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise AudioUnreadable(f"the sound file cannot be read: {error.strerror}") from error
    channels, rate_hz, data = _parse(raw)
    data = data[: len(data) // (2 * channels) * 2 * channels]
    mono = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1) / 32768
    return Audio(_resample(mono, rate_hz))


def _parse(raw: bytes) -> tuple[int, int, bytes]:
    """Channels, rate and sample bytes."""
    if len(raw) < 12 or raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise AudioUnreadable
    form: tuple[int, int] | None = None
    place = 12
    while place + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, place)
        place += 8
        if name == b"data":
            if form is None:
                raise AudioUnreadable
            return *form, _data(raw, place, size)
        if name == b"fmt " and place + 16 <= len(raw):
            kind, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", raw, place)
            if kind not in _PCM or bits != 16 or not 1 <= channels <= 8 or rate_hz not in _RATES_HZ:
                raise AudioUnreadable
            form = (channels, rate_hz)
        place += size + size % 2
    raise AudioUnreadable


def _data(raw: bytes, start: int, size: int) -> bytes:
    """The samples: `size` bytes if a chunk or the end follows them, else everything there is."""
    end = start + size
    follows = raw[end + size % 2 : end + size % 2 + 4]
    believable = size > 0 and (
        follows == b"" or (len(follows) == 4 and follows in (b"LIST", b"id3 ", b"cue "))
    )
    return raw[start:end] if believable else raw[start:]


def _resample(samples: npt.NDArray[np.float64], from_hz: int) -> Samples:
    """To RATE_HZ by way of the spectrum; silence at the end keeps it from running into the beginning."""
    if from_hz == RATE_HZ or not len(samples):
        return samples.astype(np.float32)
    wanted = len(samples) * RATE_HZ // from_hz
    whole_s = -(-len(samples) * 10 // from_hz) + 1  # tenths of a second: both lengths become whole numbers
    before, after = whole_s * from_hz // 10, whole_s * RATE_HZ // 10
    spectrum = np.fft.rfft(samples, before)[: after // 2 + 1]
    return (np.fft.irfft(spectrum, after)[:wanted] * (after / before)).astype(np.float32)
