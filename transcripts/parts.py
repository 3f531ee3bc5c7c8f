"""A recording in parts of about a minute, cut where it is quietest, read without the rest in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from callcenter.domain.transcripts import Remark
from callcenter.sound import blocks
from callcenter.sound.errors import SoundError
from callcenter.sound.quality import quality
from callcenter.sound.samples import Samples, frames_dbfs
from transcripts.audio import Audio, resample
from transcripts.errors import AudioUnreadable

LONGEST_S = 60.0
"""A part is some 12 s of work on one core: so long may a message wait for a call's recording."""
SHORT_S = 15.0
"""For the second try, in which memory or patience may be short."""
_TAIL_S = 5.0
"""What is left behind a part has to be worth a part of its own."""
_PAUSE_S, _FRAME_S = 0.4, 0.02
CLIPPED = 0.002
"""Share of samples in cut-off peaks from which on it is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Sound from `start_s` to before `end_s`; `total_s` is the length of the whole, if the file tells it."""

    audio: Audio
    start_s: float
    end_s: float
    total_s: float | None
    last: bool
    remarks: tuple[Remark, ...]


def read_part(file: BinaryIO, start_s: float, longest_s: float = LONGEST_S) -> Part:
    """The part that begins at `start_s`; nothing behind it makes it the last one. Raises AudioUnreadable."""
    pieces: list[Samples] = []
    damaged = False
    try:
        with blocks.opened(file, start_s) as (about, found):
            wanted = (longest_s + _TAIL_S) * about.rate_hz
            count = 0
            for block in found:
                if block is None:
                    damaged = True
                    continue
                pieces.append(block)
                count += len(block)
                if count > wanted:
                    break
    except SoundError as error:
        raise AudioUnreadable from error
    except OSError as error:
        raise AudioUnreadable(f"the sound file cannot be read: {error.strerror}") from error
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    last = len(samples) <= wanted
    if not last:
        samples = samples[: _pause(samples, about.rate_hz, longest_s)]
    end_s = start_s + len(samples) / about.rate_hz
    told = (
        (Remark.CLIPPED, bool(len(samples)) and quality(samples, about.rate_hz).clipped > CLIPPED),
        (Remark.CUT_OFF, about.cut_off),
        (Remark.DAMAGED, damaged),
    )
    return Part(
        audio=Audio(resample(samples.astype(np.float64), about.rate_hz)),
        start_s=start_s,
        end_s=end_s,
        total_s=end_s if last else about.total_s,
        last=last,
        remarks=tuple(remark for remark, holds in told if holds),
    )


def _pause(samples: Samples, rate_hz: int, longest_s: float) -> int:
    """The middle of the quietest moment in the second half of what a part may have."""
    size = round(_FRAME_S * rate_hz)
    power = 10 ** (frames_dbfs(samples[: round(longest_s * rate_hz)], rate_hz, _FRAME_S) / 10)
    window = round(_PAUSE_S / _FRAME_S)
    first = len(power) // 2
    smooth = np.convolve(power[first:], np.ones(window), "valid")
    quietest = (
        len(smooth) - 1 - int(smooth[::-1].argmin())
    )  # the last one, of several: longer parts are understood better
    return (first + quietest + window // 2) * size
