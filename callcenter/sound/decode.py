"""Any sound file to samples, by FFmpeg's libraries. The file is hostile until it is read."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler

from callcenter.sound.container import frames, limited, mixed, open_container
from callcenter.sound.errors import SoundTooLarge, SoundTooLong, SoundUnreadable
from callcenter.sound.samples import Samples

MAX_BYTES = 64 * 1024 * 1024
MAX_S = 15 * 60.0
DEADLINE_S = 20.0

_RATES_HZ = range(4_000, 192_001)
_LOUDEST = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Mono samples at `rate_hz`. `damaged`: part of the file could not be read and is missing."""

    samples: Samples
    rate_hz: int
    damaged: bool = False

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / self.rate_hz


def decode(
    source: Path | bytes,
    rate_hz: int | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    max_s: float = MAX_S,
    deadline_s: float = DEADLINE_S,
) -> Sound:
    """The first sound in a file or in its content, channels mixed to one, at `rate_hz` or at its own rate.

    Raises SoundUnreadable (no sound, or not read within `deadline_s`), SoundTooLarge or SoundTooLong (a sound of
    exactly `max_s` is not). The file's name means nothing: an MP3 called .wav is an MP3.
    """
    content = _content(source, max_bytes)
    if not content:
        raise SoundUnreadable("the sound file is empty: record it again")
    latest = time.monotonic() + deadline_s
    try:
        return _decoded(content, rate_hz, max_s, latest)
    except (av.FFmpegError, ValueError, OverflowError, MemoryError, NotImplementedError) as error:
        raise SoundUnreadable from error


def _content(source: Path | bytes, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            with source.open("rb") as file:
                content = file.read(max_bytes + 1)
        except OSError as error:
            raise SoundUnreadable(f"the sound file cannot be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise SoundTooLarge(f"the sound file is larger than {max_bytes / 1_000_000:.0f} MB: make it shorter")
    return content


def _decoded(content: bytes, rate_hz: int | None, max_s: float, latest: float) -> Sound:
    with open_container(io.BytesIO(content)) as container:
        stream = container.streams.audio[0]
        own_hz = stream.rate
        if own_hz not in _RATES_HZ:
            raise SoundUnreadable(f"the sound has a rate of {own_hz} Hz: make it 8000 to 48000 Hz")
        wanted_hz = rate_hz or own_hz
        resampler = AudioResampler(format="fltp", rate=wanted_hz)
        pieces: list[Samples] = []
        count, damaged = 0, False
        for frame in frames(container, latest):
            if frame is None:
                damaged = True
                continue
            for part in resampler.resample(frame):
                pieces.append(mixed(part))
                count += len(pieces[-1])
            if count > max_s * wanted_hz + 1:
                raise SoundTooLong(f"the sound is longer than {max_s:g} seconds: make it shorter")
        if not count:
            raise SoundUnreadable("there is no sound in this file: record it again")
        pieces += [mixed(part) for part in resampler.resample(None)]
    return Sound(limited(np.concatenate(pieces), _LOUDEST), wanted_hz, damaged)
