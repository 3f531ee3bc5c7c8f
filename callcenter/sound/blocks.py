"""A sound file a block at a time, from any place on, so that hours of it take no more memory than a minute."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from callcenter.sound.container import frames, limited, mixed, open_container
from callcenter.sound.errors import SoundUnreadable
from callcenter.sound.samples import WIDEBAND_HZ, Samples

BLOCK_S = 1.0
PATIENCE_S = 120.0
"""For skipping to a place in a file that has to be decoded from its beginning."""

_PCM = (1, 0xFFFE)
"""WAVE_FORMAT_PCM and WAVE_FORMAT_EXTENSIBLE."""
_RATES_HZ = range(8_000, 48_001)
_HEAD_BYTES = 1_000_000
"""Chunks before the samples are not looked for beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a file says of itself. `total_s` may be unknown; `cut_off`: its header promises more than there is."""

    rate_hz: int
    total_s: float | None
    cut_off: bool = False


@contextmanager
def opened(file: BinaryIO, start_s: float = 0.0) -> Iterator[tuple[About, Iterator[Samples | None]]]:
    """What the file is, and its blocks from `start_s` on, channels mixed to one; None for each damaged place.

    WAV of 16-bit PCM is read as it lies there: the lengths in its header are not believed, since Asterisk writes
    them when it closes the file. All else is decoded by its content, whatever its name. Raises SoundUnreadable.
    """
    wave = _wave(file)
    if wave is not None:
        about = About(rate_hz=wave.rate_hz, total_s=wave.frames / wave.rate_hz, cut_off=wave.cut_off)
        yield about, _wave_blocks(file, wave, start_s)
        return
    file.seek(0, os.SEEK_END)
    if not file.tell():
        yield About(rate_hz=WIDEBAND_HZ, total_s=0.0), iter(())
        return
    file.seek(0)
    try:
        with open_container(file) as container:
            total_s = container.duration / 1_000_000 if container.duration else None
            yield About(rate_hz=WIDEBAND_HZ, total_s=total_s), _decoded_blocks(container, start_s)
    except (av.FFmpegError, ValueError, OverflowError, NotImplementedError) as error:
        raise SoundUnreadable from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wave:
    start: int
    frames: int
    channels: int
    rate_hz: int
    cut_off: bool


def _wave(file: BinaryIO) -> _Wave | None:
    """Where the samples of a WAV file of 16-bit PCM lie; None for any other file."""
    file.seek(0, os.SEEK_END)
    length = file.tell()
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    form: tuple[int, int] | None = None
    while file.tell() < min(length, _HEAD_BYTES):
        head = file.read(8)
        if len(head) < 8:
            break
        name, size = struct.unpack("<4sI", head)
        place = file.tell()
        if name == b"data":
            return _samples(file, place, size, length, form) if form else None
        if name == b"fmt ":
            form = _form(file.read(16))
            if form is None:
                return None
        file.seek(place + size + size % 2)
    # a header and nothing behind it
    return _Wave(start=length, frames=0, channels=1, rate_hz=form[1], cut_off=False) if form else None


def _form(raw: bytes) -> tuple[int, int] | None:
    """Channels and rate of 16-bit PCM."""
    if len(raw) < 16:
        return None
    kind, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", raw)
    plain = kind in _PCM and bits == 16 and 1 <= channels <= 8 and rate_hz in _RATES_HZ
    return (channels, rate_hz) if plain else None


def _samples(file: BinaryIO, start: int, size: int, length: int, form: tuple[int, int]) -> _Wave:
    channels, rate_hz = form
    end = start + size
    file.seek(end + size % 2)
    follows = file.read(4)
    believable = size > 0 and (follows == b"" or follows in (b"LIST", b"id3 ", b"cue "))
    there = min(size, length - start) if believable else length - start
    promised = 0 < size < 0xFFFF_0000 and size > length - start
    return _Wave(
        start=start,
        frames=there // (2 * channels),
        channels=channels,
        rate_hz=rate_hz,
        cut_off=promised,
    )


def _wave_blocks(file: BinaryIO, wave: _Wave, start_s: float) -> Iterator[Samples | None]:
    width = 2 * wave.channels
    frame = min(round(start_s * wave.rate_hz), wave.frames)
    file.seek(wave.start + frame * width)
    while frame < wave.frames:
        count = min(round(BLOCK_S * wave.rate_hz), wave.frames - frame)
        raw = file.read(count * width)
        raw = raw[: len(raw) // width * width]
        if not raw:
            return
        frame += len(raw) // width
        mixed = np.frombuffer(raw, "<i2").reshape(-1, wave.channels).mean(axis=1) / 32768
        yield mixed.astype(np.float32)


def _decoded_blocks(container: InputContainer, start_s: float) -> Iterator[Samples | None]:
    resampler = AudioResampler(format="fltp", rate=WIDEBAND_HZ)
    skip = round(start_s * WIDEBAND_HZ)
    latest = time.monotonic() + PATIENCE_S + start_s
    anything = False
    for frame in frames(container, latest):
        if frame is None:
            yield None
            continue
        for part in resampler.resample(frame):
            block = limited(mixed(part), 1.0)
            if skip >= len(block):
                skip -= len(block)
                continue
            anything = True
            yield block[skip:]
            skip = 0
    if not anything and not start_s:
        raise SoundUnreadable("there is no sound in this file: record it again")
