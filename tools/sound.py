"""Samples: trim, level, telephone rate, WAV; the beep and the music on hold, which are made by calculation."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 8_000
SPEECH_DBFS = -20.0
MUSIC_DBFS = -32.0
_FRAME_S = 0.02


def resample(samples: np.ndarray, from_hz: int, low_hz: float = 80.0, high_hz: float = 3_700.0) -> np.ndarray:
    """To 8 kHz by way of the spectrum, keeping low_hz..high_hz (the telephone's band)."""
    count = len(samples)
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(count, 1 / from_hz)
    spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0
    wanted = count * RATE_HZ // from_hz
    return np.fft.irfft(spectrum[: wanted // 2 + 1], wanted) * wanted / count


def _frames_dbfs(samples: np.ndarray) -> np.ndarray:
    size = int(_FRAME_S * RATE_HZ)
    usable = samples[: len(samples) // size * size].reshape(-1, size)
    return 20 * np.log10(np.sqrt((usable**2).mean(axis=1)) + 1e-9)


def trim(
    samples: np.ndarray, lead_s: float = 0.1, tail_s: float = 0.1, below_dbfs: float = -45.0
) -> np.ndarray:
    """Without the silence at both ends, but for lead_s and tail_s of it."""
    loud = np.flatnonzero(_frames_dbfs(samples) > below_dbfs)
    size = int(_FRAME_S * RATE_HZ)
    body = samples[loud[0] * size : (loud[-1] + 1) * size]
    body = np.concatenate([np.zeros(int(lead_s * RATE_HZ)), body, np.zeros(int(tail_s * RATE_HZ))])
    return body


def level(samples: np.ndarray, dbfs: float) -> np.ndarray:
    """The active frames' power brought to dbfs, peaks softly limited below full scale."""
    frames = _frames_dbfs(samples)
    active = frames[frames > frames.max() - 30]
    power_db = 10 * np.log10((10 ** (active / 10)).mean())
    louder = samples * 10 ** ((dbfs - power_db) / 20)
    knee = 0.5
    over = np.abs(louder) > knee
    louder[over] = np.sign(louder[over]) * (
        knee + (0.95 - knee) * np.tanh((np.abs(louder[over]) - knee) / (0.95 - knee))
    )
    return louder


def write_wav(path: Path, samples: np.ndarray) -> None:
    """8 kHz, mono, 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(pcm.tobytes())


def beep(hz: float = 1_000.0, seconds: float = 0.3, dbfs: float = -16.0) -> np.ndarray:
    """A tone with 10 ms ramps."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    ramp = np.minimum(1, np.minimum(time_s, seconds - time_s) / 0.01)
    return np.sin(2 * np.pi * hz * time_s) * ramp * 10 ** (dbfs / 20) * np.sqrt(2)


def _note(midi: int, seconds: float) -> np.ndarray:
    """A soft plucked note: few overtones, the higher the sooner gone."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    hz = 440.0 * 2 ** ((midi - 69) / 12)
    attack = 1 - np.exp(-time_s / 0.012)
    tone = sum(
        strength * np.sin(2 * np.pi * hz * n * time_s) * np.exp(-time_s * (0.9 + 0.9 * n))
        for n, strength in ((1, 1.0), (2, 0.35), (3, 0.12), (4, 0.05))
    )
    return np.asarray(tone * attack)


def hold_music(bars: int = 12, bar_s: float = 2.6) -> np.ndarray:
    """A calm arpeggio that loops without a seam: what rings on past the end is folded onto the beginning."""
    chords = [(48, 64, 67, 71), (45, 60, 64, 67), (53, 60, 65, 69), (43, 59, 62, 69)]  # C maj7, A m7, F, G 9
    melody = [76, 72, 77, 74, 79, 76, 81, 74, 76, 79, 77, 74]
    figure = (1, 2, 3, 2, 1, 2, 3, 2)
    total = int(bars * bar_s * RATE_HZ)
    out = np.zeros(total)

    def add(at_s: float, midi: int, gain: float, seconds: float) -> None:
        sound = _note(midi, seconds) * gain
        where = (int(at_s * RATE_HZ) + np.arange(len(sound))) % total
        np.add.at(out, where, sound)

    for bar in range(bars):
        chord = chords[bar % len(chords)]
        start_s = bar * bar_s
        add(start_s, chord[0], 0.7, 4.0)
        for step, voice in enumerate(figure):
            accent = 0.42 if step % 4 == 0 else 0.32
            add(start_s + step * bar_s / len(figure), chord[voice], accent, 2.5)
        add(start_s + bar_s / 2, melody[bar % len(melody)], 0.3, 3.0)
    return level(out, MUSIC_DBFS)
