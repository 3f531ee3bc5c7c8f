"""What a telephone line makes of speech: G.711 A-law, GSM full rate, noise. All at 8 kHz, as Asterisk records."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from callcenter.settings import default_cache
from callcenter.sound.samples import Samples, speech_dbfs
from callcenter.sound.shape import resample

LINE_HZ = 8_000
BAND_HZ = (300.0, 3_400.0)


def clean(samples: Samples) -> Samples:
    """As it is."""
    return samples


def a_law(samples: Samples) -> Samples:
    """Through G.711 A-law: a sign, one of eight ranges of 12-bit magnitudes, one of 16 steps in it."""
    pcm = np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int32)
    negative = pcm < 0
    size = np.where(negative, -pcm - 1, pcm) >> 3
    step = np.where(size < 64, 2, np.left_shift(1, np.log2(np.maximum(size, 64)).astype(np.int32) - 4))
    back = (size // step * step + step // 2) << 3
    return np.asarray(np.where(negative, -back, back) / 32768, np.float32)


def gsm(samples: Samples) -> Samples:
    """Through GSM 06.10 full rate, 13 kbit/s, by the libgsm that comes with Asterisk."""
    library = _libgsm()
    pcm = np.clip(np.round(samples * 32768.0), -32768, 32767).astype("<i2")
    pcm = np.pad(pcm, (0, -len(pcm) % 160))
    out = np.empty_like(pcm)
    there, back = library.gsm_create(), library.gsm_create()
    frame = (ctypes.c_ubyte * 33)()
    block, decoded = (ctypes.c_int16 * 160)(), (ctypes.c_int16 * 160)()
    for start in range(0, len(pcm), 160):
        ctypes.memmove(block, pcm[start : start + 160].tobytes(), 320)
        library.gsm_encode(there, block, frame)
        library.gsm_decode(back, frame, decoded)
        out[start : start + 160] = decoded
    library.gsm_destroy(there)
    library.gsm_destroy(back)
    return (out[: len(samples)] / 32768).astype(np.float32)


def noisy(snr_db: float) -> Callable[[Samples], Samples]:
    """With pink noise in the telephone's band, so many decibels below the speech, then A-law. The same each time."""

    def add(samples: Samples) -> Samples:
        spectrum = np.fft.rfft(np.random.default_rng(len(samples)).standard_normal(len(samples)))
        hz = np.fft.rfftfreq(len(samples), 1 / LINE_HZ)
        inside = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
        shaped = np.fft.irfft(np.where(inside, spectrum / np.sqrt(np.maximum(hz, 1.0)), 0), len(samples))
        wanted = 10 ** ((speech_dbfs(samples, LINE_HZ) - snr_db) / 20)
        noise = shaped * (wanted / np.sqrt(np.mean(np.square(shaped))))
        return a_law(np.clip(samples + noise, -1, 1).astype(np.float32))

    return add


LINES: Mapping[str, Callable[[Samples], Samples]] = {
    "clean": clean,
    "A-law": a_law,
    "GSM": gsm,
    "noise 20 dB": noisy(20),
    "noise 10 dB": noisy(10),
}


def at_line_rate(samples: Samples, rate_hz: int) -> Samples:
    """8 kHz."""
    return resample(samples, rate_hz, LINE_HZ) if rate_hz != LINE_HZ else samples


@cache
def _libgsm() -> ctypes.CDLL:
    found = sorted(Path(default_cache()).glob("asterisk-*/usr/lib/*/libgsm.so.1"))
    library = ctypes.CDLL(str(found[0]) if found else "libgsm.so.1")
    library.gsm_create.restype = ctypes.c_void_p
    for name in ("gsm_encode", "gsm_decode"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.gsm_destroy.argtypes = [ctypes.c_void_p]
    return library
