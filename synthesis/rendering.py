"""Prompts to sound files; and the sounds that nobody speaks, by calculation: beep, pause, music on hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callcenter.prompts import Prompt
from callcenter.sound.samples import TELEPHONE_HZ, WIDEBAND_HZ, Samples, speech_dbfs
from callcenter.sound.shape import prepared
from callcenter.sound.wav import write_wav
from synthesis.errors import SynthesisError
from synthesis.speaker import RATE_HZ, Speaker

MADE = ("beep", "pause", "hold")
MUSIC_DBFS = -32.0
PAUSE_S = 0.25

_SUFFIXES = {TELEPHONE_HZ: ".wav", WIDEBAND_HZ: ".wav16"}
_PIECE_LEAD_S, _PIECE_TAIL_S = 0.03, 0.12
_LEAD_S, _TAIL_S = 0.1, 0.2
_READABLE = 0o644


class UnknownPrompt(SynthesisError):
    """There is no such prompt: `shouwen prompts list` names them."""


def render(speaker: Speaker, prompt: Prompt, folder: Path) -> float:
    """Write both files of a prompt below `folder`; its length in seconds. The same text gives the same bytes.

    (On one kind of processor with one release of the libraries: the last bit of a product differs between others.)
    """
    spoken = speaker.say(prompt.text, prompt.language, take=prompt.take)
    lead_s, tail_s = (_PIECE_LEAD_S, _PIECE_TAIL_S) if prompt.is_piece else (_LEAD_S, _TAIL_S)
    seconds = 0.0
    for rate_hz in _SUFFIXES:
        samples = prepared(spoken, RATE_HZ, rate_hz, lead_s=lead_s, tail_s=tail_s)
        _write(folder / prompt.language / prompt.key, samples, rate_hz)
        seconds = len(samples) / rate_hz
    return seconds


def render_made(key: str, folder: Path, languages: Iterable[str]) -> None:
    """Write one of MADE."""
    for rate_hz in _SUFFIXES:
        if key == "hold":
            _write(folder.parent / "moh" / key, hold_music(rate_hz), rate_hz)
            continue
        sound = beep(rate_hz) if key == "beep" else np.zeros(round(PAUSE_S * rate_hz), np.float32)
        for language in languages:
            _write(folder / language / key, sound, rate_hz)


def _write(path: Path, samples: Samples, rate_hz: int) -> None:
    file = path.with_name(path.name + _SUFFIXES[rate_hz])
    write_wav(file, samples, rate_hz)
    file.chmod(_READABLE)  # the files of the product, which Asterisk's user reads


def beep(rate_hz: int, hz: float = 1_000.0, seconds: float = 0.3, dbfs: float = -16.0) -> Samples:
    """A tone with 10 ms ramps."""
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    ramp = np.minimum(1, np.minimum(time_s, seconds - time_s) / 0.01)
    tone = np.sin(2 * np.pi * hz * time_s) * ramp * 10 ** (dbfs / 20) * np.sqrt(2)
    return np.asarray(tone, np.float32)


def _note(midi: int, seconds: float, rate_hz: int) -> npt.NDArray[np.float64]:
    """A soft plucked note: few overtones, the higher the sooner gone."""
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    hz = 440.0 * 2 ** ((midi - 69) / 12)
    attack = 1 - np.exp(-time_s / 0.012)
    tone = sum(
        strength * np.sin(2 * np.pi * hz * n * time_s) * np.exp(-time_s * (0.9 + 0.9 * n))
        for n, strength in ((1, 1.0), (2, 0.35), (3, 0.12), (4, 0.05))
    )
    return np.asarray(tone * attack)


def hold_music(rate_hz: int, bars: int = 12, bar_s: float = 2.6) -> Samples:
    """A calm arpeggio that loops without a seam: what rings on past the end is folded onto the beginning."""
    chords = [(48, 64, 67, 71), (45, 60, 64, 67), (53, 60, 65, 69), (43, 59, 62, 69)]  # C maj7, A m7, F, G 9
    melody = [76, 72, 77, 74, 79, 76, 81, 74, 76, 79, 77, 74]
    figure = (1, 2, 3, 2, 1, 2, 3, 2)
    total = int(bars * bar_s * rate_hz)
    out = np.zeros(total)

    def add(at_s: float, midi: int, gain: float, seconds: float) -> None:
        sound = _note(midi, seconds, rate_hz) * gain
        where = (int(at_s * rate_hz) + np.arange(len(sound))) % total
        np.add.at(out, where, sound)

    for bar in range(bars):
        chord = chords[bar % len(chords)]
        start_s = bar * bar_s
        add(start_s, chord[0], 0.7, 4.0)
        for step, voice in enumerate(figure):
            accent = 0.42 if step % 4 == 0 else 0.32
            add(start_s + step * bar_s / len(figure), chord[voice], accent, 2.5)
        add(start_s + bar_s / 2, melody[bar % len(melody)], 0.3, 3.0)
    music = out.astype(np.float32)
    return np.asarray(music * 10 ** ((MUSIC_DBFS - speech_dbfs(music, rate_hz)) / 20), np.float32)
