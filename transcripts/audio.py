"""Sound files as recognisers want them: 16 kHz, mono, floats; and whether there is anything to hear."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callcenter.sound import blocks
from callcenter.sound.errors import SoundError
from transcripts.errors import AudioUnreadable

RATE_HZ = 16_000

SILENCE_DBFS = -50.0
"""Nothing is said in audio whose loudest 100 ms are below this: a quiet voice on a telephone has -40."""

_FRAME = RATE_HZ // 10

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
    """A whole sound file, decoded by its content, channels mixed to one; for minutes, not hours.

    Raises AudioUnreadable.
    """
    try:
        with path.open("rb") as file, blocks.opened(file) as (about, found):
            pieces = [block for block in found if block is not None]
            empty = not file.seek(0, os.SEEK_END)
    except SoundError as error:
        raise AudioUnreadable from error
    except OSError as error:
        raise AudioUnreadable(f"the sound file cannot be read: {error.strerror}") from error
    if empty:
        raise AudioUnreadable("the sound file is empty")
    whole = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return Audio(resample(whole.astype(np.float64), about.rate_hz))


def resample(samples: npt.NDArray[np.float64], from_hz: int) -> Samples:
    """To RATE_HZ by way of the spectrum; silence at the end keeps it from running into the beginning."""
    if from_hz == RATE_HZ or not len(samples):
        return samples.astype(np.float32)
    wanted = len(samples) * RATE_HZ // from_hz
    whole_s = -(-len(samples) * 10 // from_hz) + 1  # tenths of a second: both lengths become whole numbers
    before, after = whole_s * from_hz // 10, whole_s * RATE_HZ // 10
    spectrum = np.fft.rfft(samples, before)[: after // 2 + 1]
    return (np.fft.irfft(spectrum, after)[:wanted] * (after / before)).astype(np.float32)
