"""Recordings without words in them, broken files and hostile names, on the real recogniser: what each is told to be."""

from __future__ import annotations

import os
import struct
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console

from callcenter.domain.transcripts import (
    Cause,
    Purpose,
    RecordedFile,
    Remark,
    SpokenWord,
    StoredTranscript,
    TranscriptState,
)
from callcenter.prompts import prompts
from callcenter.runtime.models import install
from callcenter.services.transcripts import add_recording
from callcenter.settings import Settings
from tests.conftest import UowFactory
from transcripts.audio import read_audio
from transcripts.listening import Request, listen
from transcripts.task import transcribe_recording

VOICES = Path(__file__).parents[1] / "voices"
HZ = 8_000
Sound = npt.NDArray[np.float64]


@pytest.fixture(scope="module", autouse=True)
def whisper() -> Path:
    """Whisper base, in the cache."""
    return install.get(Settings(), "whisper-base", Console())


Told = Callable[..., StoredTranscript]


@pytest.fixture
def told(uow_factory: UowFactory, settings: Settings) -> Told:
    """What becomes of a recording with this content, or of this name."""

    def tell(content: bytes | None, *, name: str = "a.wav", language: str = "zh") -> StoredTranscript:
        settings.recordings.mkdir(exist_ok=True)
        if content is not None:
            (settings.recordings / name).write_bytes(content)
        file = RecordedFile(
            linkedid="1.1",
            path=name,
            purpose=Purpose.MESSAGE,
            language=language,
            created_at=datetime.now(UTC),
        )
        with uow_factory() as uow:
            recording_id = add_recording(uow, file)
            uow.commit()
        transcribe_recording(
            recording_id,
            units=uow_factory,
            recordings=settings.recordings,
            listen=lambda request: listen(settings, request),
        )
        with uow_factory() as uow:
            found = uow.transcripts.get(recording_id)
        assert found is not None
        if content is not None:
            assert (settings.recordings / name).read_bytes() == content
        return found

    return tell


def wav(samples: Sound, rate_hz: int = HZ, channels: int = 1) -> bytes:
    """A WAV file of 16 bits; the channels say the same."""
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        whole = np.repeat((np.clip(samples, -1, 1) * 32767).astype("<i2"), channels)
        file.writeframes(whole.tobytes())
    return out.getvalue()


def tone(seconds: float, *hz: float, level: float = 0.2) -> Sound:
    at = np.arange(round(seconds * HZ)) / HZ
    return np.asarray(sum(np.sin(2 * np.pi * each * at) for each in hz) * level, np.float64)


def cadence(on_s: float, off_s: float, times: int, *hz: float) -> Sound:
    return np.tile(np.concatenate([tone(on_s, *hz), np.zeros(round(off_s * HZ))]), times)


def white(seconds: float) -> Sound:
    return np.random.default_rng(1).normal(0, 0.1, round(seconds * HZ))


def pink(seconds: float) -> Sound:
    spectrum = np.fft.rfft(white(seconds))
    shaped = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)))
    return np.asarray(shaped / np.abs(shaped).max() * 0.3, np.float64)


def keys() -> Sound:
    pairs = ((697, 1209), (770, 1336), (852, 1477), (941, 1336), (852, 1336), (941, 1477))
    return np.concatenate([np.concatenate([tone(0.12, *pair), np.zeros(800)]) for pair in pairs])


def music(seconds: float) -> Sound:
    rng, notes = np.random.default_rng(2), (262, 294, 330, 349, 392, 440, 494, 523)
    at = np.arange(round(0.4 * HZ)) / HZ
    struck = []
    for _ in range(round(seconds / 0.4)):
        hz = rng.choice(notes)
        chord = sum(np.sin(2 * np.pi * hz * k * at) / k for k in (1, 1.26, 1.5, 2, 3))
        struck.append(chord * np.exp(-at * 4) * 0.1)
    return np.concatenate(struck)


def fax_data(seconds: float) -> Sound:
    bits = np.random.default_rng(3).integers(0, 2, round(seconds * 300))
    hz = np.where(bits == 1, 1650, 1850).repeat(HZ // 300)
    return np.asarray(0.2 * np.sin(np.cumsum(hz) * 2 * np.pi / HZ), np.float64)


@pytest.mark.parametrize(
    ("sound", "cause"),
    [
        (np.zeros(HZ * 5), Cause.SILENT),
        (white(5) * 0.005, Cause.SILENT),
        (white(6), Cause.NOISE),
        (pink(6), Cause.NOISE),
        (tone(6, 50, 150, 250, level=0.1), Cause.NOISE),
        (keys(), Cause.KEYS),
        (cadence(0.5, 3, 3, 1100), Cause.FAX),
        (tone(3.5, 2100), Cause.FAX),
        (fax_data(5), Cause.FAX),
        (cadence(1, 4, 3, 450), Cause.LINE_TONE),
        (cadence(0.35, 0.35, 10, 450), Cause.LINE_TONE),
        (cadence(0.5, 0.5, 8, 480, 620), Cause.LINE_TONE),
        (cadence(2, 4, 2, 440, 480), Cause.LINE_TONE),
        (tone(4, 1004), Cause.TONE),
        (music(10), Cause.MUSIC),
        (np.zeros(0), Cause.NOTHING_RECORDED),
    ],
    ids=[
        *("silence", "hiss", "white", "pink", "hum", "keys", "fax calls", "fax answers", "fax data"),
        *("ring-back", "busy", "busy elsewhere", "ring-back elsewhere", "test tone", "music", "header"),
    ],
)
def test_nobody_speaks(told: Told, sound: Sound, cause: Cause) -> None:
    found = told(wav(sound))
    assert (found.state, found.text, found.words, found.cause) == (TranscriptState.EMPTY, "", (), cause)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("key", ["callback-intro", "record-prompt", "goodbye"])
def test_our_own_prompt_comes_back(told: Told, language: str, key: str) -> None:
    prompt = next(each for each in prompts() if each.language == language and each.key == key)
    found = told(prompt.file.read_bytes(), language=language)
    assert (found.state, found.cause) == (TranscriptState.EMPTY, Cause.OWN_PROMPT)


def test_an_empty_file(told: Told) -> None:
    assert told(b"").cause is Cause.NOTHING_RECORDED


@pytest.mark.parametrize("content", [b"RIFF", b"<html>", os.urandom(5000), b"RIFF\0\0\0\0WAVE" + bytes(200)])
def test_what_is_no_sound_at_all(told: Told, content: bytes) -> None:
    found = told(content)
    assert (found.state, found.cause) == (TranscriptState.FAILED, Cause.UNREADABLE)


def voice() -> Sound:
    return read_audio(VOICES / "zh-message-02.wav").samples.astype(np.float64)


def test_stereo_at_48_kilohertz(told: Told) -> None:
    wide = np.interp(np.arange(len(voice()) * 3) / 3, np.arange(len(voice())), voice())
    found = told(wav(wide, 48_000, channels=2))
    assert (found.state, found.remarks) == (TranscriptState.DONE, ())
    assert "发票" in found.text


def test_an_mp3_that_is_called_wav(told: Told) -> None:
    out = BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=16_000, layout="mono")
        samples = (voice() * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "发票" in told(out.getvalue()).text


def test_a_file_that_was_cut_off(told: Told) -> None:
    whole = (VOICES / "zh-message-02.wav").read_bytes()
    found = told(whole[: len(whole) * 3 // 4 + 1])
    assert (found.state, found.remarks) == (TranscriptState.DONE, (Remark.CUT_OFF,))
    assert "刘志强" in found.text or "学费" in found.text


def test_a_distorted_voice_is_written_and_said_to_be_distorted(told: Told) -> None:
    found = told(wav(np.clip(voice() * 40, -0.9, 0.9), 16_000))
    assert found.state is TranscriptState.DONE
    assert Remark.CLIPPED in found.remarks


def test_english_on_the_chinese_line_is_written_in_english(told: Told) -> None:
    found = told((VOICES / "en-message-01.wav").read_bytes(), language="zh")
    assert (found.state, found.spoken, found.remarks) == (
        TranscriptState.DONE,
        "en",
        (Remark.SOUNDS_LIKE_EN,),
    )
    assert "invoice" in found.text


@pytest.mark.parametrize(
    "name",
    ["../outside.wav", "/etc/hostname", "a/../../outside.wav", "link.wav", "folder/a.wav", "pipe", "."],
)
def test_a_name_that_leads_elsewhere(told: Told, settings: Settings, name: str) -> None:
    settings.recordings.mkdir()
    outside = settings.home / "outside.wav"
    outside.write_bytes((VOICES / "zh-message-02.wav").read_bytes())
    (settings.recordings / "link.wav").symlink_to(outside)
    (settings.home / "b").mkdir()
    (settings.home / "b" / "a.wav").write_bytes(outside.read_bytes())
    (settings.recordings / "folder").symlink_to(settings.home / "b")
    os.mkfifo(settings.recordings / "pipe")
    found = told(None, name=name)
    assert (found.state, found.cause) == (TranscriptState.FAILED, Cause.FILE_REFUSED)
    assert found.text == ""


def test_the_parts_of_a_long_recording_are_cut_in_pauses_and_their_words_lie_where_they_were_said(
    settings: Settings,
) -> None:
    settings.recordings.mkdir()
    names, rests = ("zh-message-01", "zh-message-02", "zh-briefing-01"), ("水", "费", "热")
    voices = [read_audio(VOICES / f"{name}.wav").samples.astype(np.float64) for name in names]
    three = np.concatenate([np.concatenate([each, np.zeros(16_000)]) for each in voices])
    (settings.recordings / "a.wav").write_bytes(wav(np.tile(three, 3), 16_000))
    starts = np.cumsum([0, *(len(each) / 16_000 + 1 for each in voices * 3)])
    start_s, words, ends = 0.0, list[SpokenWord](), list[float]()
    last = False
    while not last:
        request = Request(folder=settings.recordings, name="a.wav", start_s=start_s, language="zh", sure=True)
        heard = listen(settings, request)
        words += heard.part.words
        ends.append(heard.part.end_s)
        start_s, last = heard.part.end_s, heard.last
    assert len(ends) >= 2
    assert ends[-1] == pytest.approx(starts[-1], abs=0.01)
    for end_s in ends[:-1]:
        assert any(start - 1.1 < end_s < start + 0.3 for start in starts)
    for place, (start, end) in enumerate(pairwise(starts)):
        said = "".join(word.word for word in words if start <= word.start_s < end)
        assert rests[place % 3] in said
    assert all(first.start_s <= second.start_s for first, second in pairwise(words))


def test_the_header_of_two_hours_takes_no_memory_ahead(told: Told) -> None:
    """Asterisk was killed: the header promises two hours, one voice is there."""
    content = bytearray((VOICES / "zh-message-02.wav").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", 2 * 3600 * 16_000)
    found = told(bytes(content))
    assert (found.state, found.remarks) == (TranscriptState.DONE, (Remark.CUT_OFF,))
