"""Sound files in every state that a telephone exchange leaves them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from transcripts.audio import RATE_HZ, Audio, read_audio
from transcripts.errors import AudioUnreadable


def _tone(seconds: float, rate_hz: int, hz: float = 440.0, level: float = 0.25) -> bytes:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    return (np.sin(2 * np.pi * hz * time_s) * level * 32767).astype("<i2").tobytes()


def _wav(
    data: bytes, *, rate_hz: int = 8000, channels: int = 1, said: int | None = None, after: bytes = b""
) -> bytes:
    """A WAV file whose header claims `said` bytes of samples."""
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    size = len(data) if said is None else said
    return (
        b"RIFF\0\0\0\0WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", size)
        + data
        + after
    )


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
def test_any_rate_becomes_16_khz(tmp_path: Path, rate_hz: int) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(_wav(_tone(1.5, rate_hz), rate_hz=rate_hz))
    audio = read_audio(file)
    assert audio.seconds == pytest.approx(1.5, abs=0.001)
    wanted = np.sin(2 * np.pi * 440 * np.arange(len(audio.samples)) / RATE_HZ) * 0.25
    middle = slice(RATE_HZ // 2, RATE_HZ)
    assert np.max(np.abs(audio.samples[middle] - wanted[middle])) < 0.01


def test_two_channels_become_one(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    left = np.frombuffer(_tone(1, 8000), "<i2")
    file.write_bytes(_wav(np.stack([left, left], axis=1).tobytes(), channels=2))
    audio = read_audio(file)
    assert audio.seconds == pytest.approx(1)
    assert audio.loudest_dbfs == pytest.approx(-15.05, abs=0.1)


@pytest.mark.parametrize("said", [0, 1600, 10**6, 0xFFFFFFFF], ids=["none", "less", "more", "unknown"])
def test_the_length_in_the_header_is_not_believed(tmp_path: Path, said: int) -> None:
    """Asterisk was killed while recording: the samples are there, the header is not up to date."""
    file = tmp_path / "a.wav"
    file.write_bytes(_wav(_tone(1, 8000), said=said))
    assert read_audio(file).seconds == pytest.approx(1)


def test_half_a_sample_at_the_end_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(_wav(_tone(1, 8000), said=0)[:-1])
    assert read_audio(file).seconds == pytest.approx(1, abs=0.001)


def test_a_chunk_after_the_samples_is_no_sound(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(_wav(_tone(1, 8000), after=b"LIST" + struct.pack("<I", 1000) + bytes(1000)))
    assert read_audio(file).seconds == pytest.approx(1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"ID3 something else entirely",
        _wav(b"")[:30],
        _wav(b"").replace(b"\x10\x00data", b"\x18\x00data"),
    ],
    ids=["empty", "cut", "no wav", "no samples", "24 bits"],
)
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(content)
    with pytest.raises(AudioUnreadable):
        read_audio(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AudioUnreadable, match="No such file"):
        read_audio(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("level", "silent"), [(0.0, True), (0.001, True), (0.004, True), (0.005, False), (0.1, False)]
)
def test_silence(level: float, silent: bool) -> None:
    """-50 dBFS is an amplitude of 0.00447 of a sine."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    assert Audio((np.sin(2 * np.pi * 300 * time_s) * level).astype(np.float32)).silent is silent


def test_no_samples_at_all_are_silent(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(_wav(b""))
    audio = read_audio(file)
    assert audio.silent
    assert audio.seconds == 0


def test_a_short_word_in_a_long_silence_is_no_silence() -> None:
    samples = np.zeros(60 * RATE_HZ, np.float32)
    samples[10 * RATE_HZ : 10 * RATE_HZ + 4000] = 0.05
    assert not Audio(samples).silent
