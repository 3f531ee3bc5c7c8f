"""Any sound becomes what a telephone plays; what is no sound is refused with what to do about it."""

from __future__ import annotations

import io
import struct
import time
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.sound.apart import decode_apart
from callcenter.sound.decode import decode
from callcenter.sound.errors import (
    SoundError,
    SoundSilent,
    SoundTooLarge,
    SoundTooLong,
    SoundUnreadable,
)
from callcenter.sound.samples import Samples, is_silent, speech_dbfs
from callcenter.sound.shape import faded, level, prepared, resample, trim
from callcenter.sound.wav import wav_bytes, write_wav


def _tone(seconds: float, rate_hz: int, hz: float = 440.0, level: float = 0.25) -> Samples:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    return (np.sin(2 * np.pi * hz * time_s) * level).astype(np.float32)


def _encoded(samples: Samples, rate_hz: int, container: str, codec: str, layout: str = "mono") -> bytes:
    """The samples in another format, both channels alike."""
    buffer = io.BytesIO()
    channels = 2 if layout == "stereo" else 1
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        pcm = np.repeat((samples * 32767).astype(np.int16), channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


FORMATS = [
    ("wav", "pcm_s16le", 8_000, "mono"),
    ("wav", "pcm_alaw", 8_000, "mono"),
    ("wav", "pcm_s24le", 48_000, "stereo"),
    ("wav", "pcm_f32le", 44_100, "stereo"),
    ("mp3", "libmp3lame", 44_100, "stereo"),
    ("flac", "flac", 48_000, "stereo"),
    ("ogg", "libopus", 48_000, "mono"),
    ("webm", "libopus", 48_000, "mono"),
    ("mp4", "aac", 44_100, "stereo"),
]


@pytest.mark.parametrize(("container", "codec", "rate_hz", "layout"), FORMATS)
@pytest.mark.parametrize("wanted_hz", [None, 8_000, 16_000])
def test_any_format_is_read(
    tmp_path: Path, container: str, codec: str, rate_hz: int, layout: str, wanted_hz: int | None
) -> None:
    """A file's name means nothing: all of them are called .wav here."""
    file = tmp_path / "a.wav"
    file.write_bytes(_encoded(_tone(1.5, rate_hz), rate_hz, container, codec, layout))
    sound = decode(file, wanted_hz)
    assert sound.rate_hz == (wanted_hz or rate_hz)
    assert sound.seconds == pytest.approx(1.5, abs=0.08)
    assert speech_dbfs(sound.samples, sound.rate_hz) == pytest.approx(-15.05, abs=0.5)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    assert np.fft.rfftfreq(len(sound.samples), 1 / sound.rate_hz)[spectrum.argmax()] == pytest.approx(
        440, abs=2
    )


def _wav(samples: Samples, rate_hz: int = 8_000) -> bytes:
    return wav_bytes(samples, rate_hz)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"RIFF", "no sound file"),
        (b"MZ\x90\0 this is a program" * 50, "no sound file"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no sound file"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no sound file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no sound file"),
        (_wav(_tone(1, 8000))[:44], "no sound in this file"),
    ],
    ids=["empty", "cut", "program", "playlist", "concat", "picture", "no samples"],
)
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(content)
    with pytest.raises(SoundUnreadable, match=says):
        decode(file)


def test_a_film_without_sound_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(SoundUnreadable, match="no sound in this file"):
        decode(buffer.getvalue())


def test_limits() -> None:
    content = _wav(_tone(2, 8000))
    assert decode(content, max_s=2.0, max_bytes=len(content)).seconds == 2
    with pytest.raises(SoundTooLong, match=r"longer than 1\.9 seconds"):
        decode(content, max_s=1.9)
    with pytest.raises(SoundTooLarge):
        decode(content, max_bytes=len(content) - 1)


def test_a_deadline() -> None:
    content = _encoded(_tone(60, 48_000), 48_000, "flac", "flac")
    with pytest.raises(SoundUnreadable, match="too long to read"):
        decode(content, deadline_s=0.0)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SoundUnreadable, match="No such file"):
        decode(tmp_path / "a.wav")


def test_what_is_there_of_a_cut_file() -> None:
    content = _encoded(_tone(3, 44_100), 44_100, "mp3", "libmp3lame")
    sound = decode(content[: len(content) // 2])
    assert 1.2 < sound.seconds < 1.7


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([form for form in FORMATS if form[0] != "webm"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=40),
    st.floats(0.05, 1),
)
def test_a_broken_file_is_a_sound_or_an_error_of_ours(
    form: tuple[str, str, int, str], wrong: list[tuple[float, int]], share: float
) -> None:
    container, codec, rate_hz, layout = form
    content = bytearray(_encoded(_tone(0.3, rate_hz), rate_hz, container, codec, layout))
    for place, value in wrong:
        content[int(place * (len(content) - 1))] = value
    began = time.monotonic()
    try:
        sound = decode(bytes(content[: int(share * len(content))]), 8_000, max_s=30)
    except SoundError:
        pass
    else:
        assert np.isfinite(sound.samples).all()
    assert time.monotonic() - began < 10


def test_no_number_among_the_samples_is_silence() -> None:
    samples = np.array([np.nan, np.inf, -np.inf, 1e30] * 2000, "<f4")
    form = struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32)
    data = b"data" + struct.pack("<I", samples.nbytes) + samples.tobytes()
    content = b"RIFF" + struct.pack("<I", 28 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form + data
    assert np.isfinite(decode(content).samples).all()


@pytest.mark.parametrize("from_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("to_hz", [8_000, 16_000])
def test_resampling_keeps_the_band_and_nothing_else(from_hz: int, to_hz: int) -> None:
    kept = resample(_tone(1.5, from_hz, 1000), from_hz, to_hz)
    wanted = _tone(1.5, to_hz, 1000)
    middle = slice(to_hz // 4, to_hz)
    assert len(kept) == pytest.approx(len(wanted), abs=1)
    assert np.max(np.abs(kept[middle] - wanted[middle])) < 0.005
    if from_hz > to_hz:
        lost = resample(_tone(1.5, from_hz, to_hz * 0.6), from_hz, to_hz)
        assert np.max(np.abs(lost[middle])) < 0.005


def _speech(rate_hz: int, gain: float, hum: float = 0.0) -> Samples:
    """Words of noise with pauses between, silence around, and a constant offset."""
    random = np.random.default_rng(1)
    word = random.normal(0, 0.1, rate_hz // 3)
    pause = np.zeros(rate_hz // 4)
    around = np.zeros(rate_hz)
    return (np.concatenate([around, word, pause, word, around]) * gain + hum).astype(np.float32)


@pytest.mark.parametrize("gain", [0.05, 1.0, 8.0])
@pytest.mark.parametrize("to_hz", [8_000, 16_000])
def test_prepared_speech_is_level_trimmed_and_without_clicks(gain: float, to_hz: int) -> None:
    spoken = prepared(_speech(48_000, gain, hum=0.001), 48_000, to_hz, lead_s=0.1, tail_s=0.2)
    assert speech_dbfs(spoken, to_hz) == pytest.approx(-20, abs=0.3)
    assert len(spoken) / to_hz == pytest.approx(0.1 + 1 / 3 + 1 / 4 + 1 / 3 + 0.2, abs=0.03)
    assert np.max(np.abs(spoken[: to_hz // 50])) < 0.001
    assert np.max(np.abs(spoken[-to_hz // 50 :])) < 0.001
    assert np.max(np.abs(spoken)) < 0.98
    assert abs(float(np.mean(spoken))) < 0.001


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros(8000, np.float32), _tone(1, 8000, 440, 0.002)]
)
def test_silence_is_refused(samples: Samples) -> None:
    assert is_silent(samples, 8000)
    with pytest.raises(SoundSilent):
        prepared(samples, 8000, 8000)


def test_level_and_trim_of_nothing() -> None:
    with pytest.raises(SoundSilent):
        level(np.zeros(100, np.float32), 8000)
    with pytest.raises(SoundSilent):
        trim(np.zeros(100, np.float32), 8000, 0.1, 0.1)
    assert len(faded(np.zeros(1, np.float32), 8000)) == 1


def test_writing(tmp_path: Path) -> None:
    file = tmp_path / "zh" / "a.wav16"
    write_wav(file, _tone(1, 16_000), 16_000)
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
        assert sound.getnframes() == 16000
    assert list(file.parent.iterdir()) == [file]
    assert decode(file).samples == pytest.approx(_tone(1, 16_000), abs=1e-4)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "a.wav"
    folder.mkdir()
    with pytest.raises(OSError, match=r"a\.wav"):
        write_wav(folder, _tone(1, 8000), 8000)
    assert list(tmp_path.iterdir()) == [folder]


def test_apart_reads_the_same() -> None:
    content = _encoded(_tone(1, 44_100), 44_100, "mp3", "libmp3lame", "stereo")
    assert np.array_equal(decode_apart(content, 8_000).samples, decode(content, 8_000).samples)


def test_apart_says_the_same() -> None:
    with pytest.raises(SoundTooLong, match=r"longer than 1 seconds"):
        decode_apart(_wav(_tone(2, 8000)), max_s=1)
    with pytest.raises(SoundUnreadable, match="no sound file"):
        decode_apart(b"MZ this is a program")
    with pytest.raises(SoundTooLarge):
        decode_apart(_wav(_tone(2, 8000)), max_bytes=100)


def test_apart_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", "postgresql://desk:secret@db/desk")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    with pytest.raises(SoundUnreadable):
        decode_apart(_wav(_tone(1, 8000)))
    told = (tmp_path / "environment").read_text()
    assert "PATH=" in told
    assert "SHOUWEN_" not in told


def test_apart_outlives_a_process_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(SoundUnreadable, match="no sound file"):
        decode_apart(_wav(_tone(1, 8000)))
