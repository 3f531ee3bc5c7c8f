"""Resample, level, trim: a recording becomes what a telephone plays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from callcenter.sound.errors import SoundSilent
from callcenter.sound.samples import ACTIVE_WITHIN_DB, Samples, frames_dbfs, is_silent, speech_dbfs

SPEECH_DBFS = -20.0
FLOOR_HZ = 70.0
"""Nothing of a voice is below; hum and a constant offset are."""

_FRAME_S = 0.01
_MARGIN_S = 0.04
"""Kept before and after what is loud: a word that begins with f or s begins quietly."""

_FADE_S = 0.01
_KNEE, _CEILING = 0.7, 0.97
_TELEPHONE_BAND_HZ = 3_700.0


def prepared(
    samples: Samples, from_hz: int, to_hz: int, *, lead_s: float = 0.1, tail_s: float = 0.2
) -> Samples:
    """Speech as the line plays it: resampled, at SPEECH_DBFS, silence cut to lead_s and tail_s, no clicks.

    Raises SoundSilent.
    """
    if is_silent(samples, from_hz):
        raise SoundSilent
    return trim(level(resample(samples, from_hz, to_hz, low_hz=FLOOR_HZ), to_hz), to_hz, lead_s, tail_s)


def resample(samples: Samples, from_hz: int, to_hz: int, *, low_hz: float = 0.0) -> Samples:
    """By way of the spectrum, without what is above the lower rate's band or below low_hz; for minutes, not hours.

    Silence at the end keeps the end from running into the beginning.
    """
    if not len(samples) or (from_hz == to_hz and not low_hz):
        return samples.astype(np.float32)
    wanted = len(samples) * to_hz // from_hz
    whole_s = -(-len(samples) // from_hz) + 1  # whole seconds: both lengths become whole numbers
    before, after = whole_s * from_hz, whole_s * to_hz
    centred = samples.astype(np.float64)
    if low_hz:
        centred -= centred.mean()  # a constant offset would leave a step at both ends
    spectrum = np.fft.rfft(centred, before)
    if low_hz:
        spectrum *= _rise(np.fft.rfftfreq(before, 1 / from_hz), low_hz / 2, low_hz)
    top_hz = min(from_hz, to_hz) / 2
    if to_hz < from_hz:
        edge_hz = _TELEPHONE_BAND_HZ if to_hz == 8_000 else top_hz * 0.95
        spectrum *= 1 - _rise(np.fft.rfftfreq(before, 1 / from_hz), edge_hz, top_hz)
    spectrum = spectrum[: after // 2 + 1]
    return (np.fft.irfft(spectrum, after)[:wanted] * (after / before)).astype(np.float32)


def _rise(hz: npt.NDArray[np.floating], start_hz: float, end_hz: float) -> npt.NDArray[np.float64]:
    """From 0 at start_hz to 1 at end_hz without a corner, which would ring."""
    share = np.clip((hz - start_hz) / (end_hz - start_hz), 0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * share))


def level(samples: Samples, rate_hz: int, dbfs: float = SPEECH_DBFS) -> Samples:
    """Its speech brought to dbfs, peaks softly limited below full scale. Raises SoundSilent for nothing but zeros."""
    if speech_dbfs(samples, rate_hz) <= -119:
        raise SoundSilent
    louder = samples
    for _ in range(4):  # limiting takes some of the power away: a second look or two make up for it
        gain = 10 ** ((dbfs - speech_dbfs(louder, rate_hz)) / 20)
        louder = _limited(louder.astype(np.float64) * gain)
    return louder


def _limited(samples: npt.NDArray[np.float64]) -> Samples:
    over = np.abs(samples) > _KNEE
    room = _CEILING - _KNEE
    samples[over] = np.sign(samples[over]) * (_KNEE + room * np.tanh((np.abs(samples[over]) - _KNEE) / room))
    return samples.astype(np.float32)


def trim(samples: Samples, rate_hz: int, lead_s: float, tail_s: float) -> Samples:
    """Without the silence at both ends but for lead_s and tail_s of it, the ends faded. Raises SoundSilent."""
    frames = frames_dbfs(samples, rate_hz, _FRAME_S)
    if not len(frames) or frames.max() <= -119:
        raise SoundSilent
    size = max(1, round(_FRAME_S * rate_hz))
    loud = np.flatnonzero(frames > frames.max() - ACTIVE_WITHIN_DB)
    start = max(0, loud[0] * size - round(min(_MARGIN_S, lead_s) * rate_hz))
    end = min(len(samples), (loud[-1] + 1) * size + round(min(_MARGIN_S, tail_s) * rate_hz))
    body = faded(samples[start:end], rate_hz)
    before = max(0, round(lead_s * rate_hz) - (loud[0] * size - start))
    after = max(0, round(tail_s * rate_hz) - (end - (loud[-1] + 1) * size))
    return np.pad(body, (before, after))


def faded(samples: Samples, rate_hz: int, fade_s: float = _FADE_S) -> Samples:
    """With both ends brought to nothing within fade_s."""
    count = min(round(fade_s * rate_hz), len(samples) // 2)
    if not count:
        return samples.copy()
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)
    shaped = samples.copy()
    shaped[:count] *= ramp
    shaped[-count:] *= ramp[::-1]
    return shaped
