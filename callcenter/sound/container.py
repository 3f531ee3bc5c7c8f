"""A sound file that FFmpeg opens, and its frames. What is opened is hostile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from callcenter.sound.errors import SoundUnreadable
from callcenter.sound.samples import Samples

_FORMATS = "wav,w64,aiff,au,caf,mp3,flac,ogg,mov,mp4,m4a,aac,amr,matroska,webm,gsm,asf"
"""Containers that hold sound and nothing else's address: no playlists, which would have FFmpeg open other files."""

_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "", "probesize": "2000000"}


@contextmanager
def open_container(file: BinaryIO) -> Iterator[InputContainer]:
    """The file, which has a sound in it, whatever its name is. Raises SoundUnreadable, and what FFmpeg raises."""
    with av.open(file, "r", options=_OPTIONS, metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise SoundUnreadable("there is no sound in this file: send a sound recording")
        yield container


def frames(container: InputContainer, latest: float) -> Iterator[AudioFrame | None]:
    """The frames of the first sound; None for each place that cannot be read.

    Raises SoundUnreadable once it is past `latest` on the monotonic clock.
    """
    packets = container.demux(container.streams.audio[0])
    while True:
        if time.monotonic() > latest:
            raise SoundUnreadable("the sound file takes too long to read: make it a WAV file")
        try:
            packet = next(packets)
            decoded = packet.decode()
        except StopIteration:
            return
        except (av.InvalidDataError, av.EOFError):
            yield None
            continue
        for frame in decoded:
            if isinstance(frame, AudioFrame):
                yield frame


def mixed(frame: AudioFrame) -> Samples:
    """Its channels' mean: what FFmpeg mixes by itself is louder than either."""
    return np.asarray(frame.to_ndarray().mean(axis=0), np.float32)


def limited(samples: Samples, loudest: float) -> Samples:
    """The samples within `loudest`; what is no number is silence."""
    return np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -loudest, loudest)
