"""Whether anybody speaks, and if not, what is heard instead: a fax, a key, the line's tone, music, noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from callcenter.domain.transcripts import Cause
from transcripts.audio import RATE_HZ, Audio
from transcripts.whisper_engine import VOICE

LEAST_SPEECH_S = 0.25
"""Shorter than any word: a cough, a click."""

_WINDOW, _HOP = 1024, 512
_ACTIVE_WITHIN_DB = 30.0
_PURE = 0.9
"""A frame whose ten strongest lines hold this share of its power is made of tones; a vowel is not."""
_TONAL, _STEADY = 0.6, 0.7
_HUM_BELOW_HZ = 280.0
_FAX_HZ = ((1_050, 1_150), (1_600, 1_900), (2_050, 2_150))
"""The caller's beep (CNG), the two tones of V.21 data, the answer (CED)."""
_LINE_HZ = (330, 640)
"""Dial tone, ring-back and busy tone, in China (450 Hz) and elsewhere."""
_KEY_ROWS_HZ = (697, 770, 852, 941)
_KEY_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_NEAR_HZ = 22.0

_Spectra = npt.NDArray[np.float64]


def speech_s(audio: Audio) -> float:
    """Seconds in which somebody speaks, by Silero's detector; 0 for what is too quiet to be heard."""
    if audio.silent:
        return 0.0
    from faster_whisper.vad import get_speech_timestamps

    found = get_speech_timestamps(
        audio.samples,
        threshold=VOICE["threshold"],
        min_speech_duration_ms=round(LEAST_SPEECH_S * 1000),
        speech_pad_ms=0,
    )
    return float(sum(part["end"] - part["start"] for part in found)) / RATE_HZ


def instead_of_speech(audio: Audio) -> Cause:
    """What is heard in audio in which nobody speaks."""
    if not len(audio.samples):
        return Cause.NOTHING_RECORDED
    if audio.silent:
        return Cause.SILENT
    spectra = _active_spectra(audio)
    peaks_hz = spectra.argmax(axis=1) * RATE_HZ / _WINDOW
    peak_hz = float(np.median(peaks_hz))
    if _share(peaks_hz, _FAX_HZ) > _STEADY:
        return Cause.FAX
    strongest = np.sort(spectra, axis=1)[:, ::-1][:, :10].sum(axis=1)
    if float(np.mean(strongest > _PURE)) < _TONAL:
        return Cause.NOISE
    if _are_keys(spectra):
        return Cause.KEYS
    mean = spectra.mean(axis=0)
    if float(np.minimum(spectra, mean).sum(axis=1).mean()) < _STEADY:
        return Cause.MUSIC
    if peak_hz < _HUM_BELOW_HZ:
        return Cause.NOISE
    return Cause.LINE_TONE if _LINE_HZ[0] <= peak_hz <= _LINE_HZ[1] else Cause.TONE


def _active_spectra(audio: Audio) -> _Spectra:
    """Power by frequency of each frame that is not a pause; each sums up to 1."""
    samples = np.pad(audio.samples, (0, max(0, _WINDOW - len(audio.samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-12)
    active = frames[level > level.max() - _ACTIVE_WITHIN_DB]
    power = np.abs(np.fft.rfft(active * np.hanning(_WINDOW), axis=1)) ** 2
    return np.asarray(power / (power.sum(axis=1, keepdims=True) + 1e-12), np.float64)


def _share(peaks_hz: npt.NDArray[np.float64], bands: tuple[tuple[int, int], ...]) -> float:
    inside = np.zeros(len(peaks_hz), bool)
    for low, high in bands:
        inside |= (peaks_hz >= low) & (peaks_hz <= high)
    return float(np.mean(inside))


def _are_keys(spectra: _Spectra) -> bool:
    """Whether most frames hold one tone of a row of keys and one of a column, and little else."""
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)
    rows = _power_near(spectra, hz, _KEY_ROWS_HZ)
    columns = _power_near(spectra, hz, _KEY_COLUMNS_HZ)
    return float(np.mean((rows > 0.15) & (columns > 0.15) & (rows + columns > 0.7))) > 0.5


def _power_near(
    spectra: _Spectra, hz: npt.NDArray[np.floating], tones: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    best = [spectra[:, np.abs(hz - tone) < _NEAR_HZ].sum(axis=1) for tone in tones]
    return np.asarray(np.max(best, axis=0), np.float64)
