"""What an upload becomes, and why one is refused."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from callcenter.domain.own_prompts import Doubt, RecordingRefused, Refusal, clean_file_name, longest_s
from callcenter.runtime.prompt_upload import convert
from callcenter.sound.decode import decode
from callcenter.sound.samples import speech_dbfs
from tests.support.sounds import ENCODERS, encoded, noise, speech, tone, wav

LONGEST_S = 30.0


def refused(content: bytes, limit_s: float = LONGEST_S) -> Refusal:
    with pytest.raises(RecordingRefused) as caught:
        convert(content, limit_s)
    assert str(caught.value)
    return caught.value.why


def test_48_khz_stereo_becomes_both_of_asterisks_rates_at_its_level() -> None:
    quiet = np.concatenate([np.zeros(96_000, np.float32), speech() * 0.3, np.zeros(96_000, np.float32)])
    converted = convert(wav(quiet), LONGEST_S)
    assert 2.0 < converted.seconds < 3.2  # the silence at the ends is gone
    assert not converted.doubts
    for content, rate_hz in ((converted.wav8, 8_000), (converted.wav16, 16_000)):
        with wave.open(io.BytesIO(content)) as file:
            assert file.getparams()[:3] == (1, 2, rate_hz)
            assert file.getnframes() == pytest.approx(converted.seconds * rate_hz, abs=rate_hz / 50)
        assert speech_dbfs(decode(content).samples, rate_hz) == pytest.approx(-20, abs=0.5)


@pytest.mark.parametrize("container", ENCODERS)
def test_any_usual_kind_of_file_is_taken_whatever_it_is_called(container: str) -> None:
    assert convert(encoded(speech(), container), LONGEST_S).seconds == pytest.approx(2.5, abs=0.4)


def test_what_cannot_be_used_is_refused_with_the_reason() -> None:
    said = speech()
    whole = wav(said)
    cases = {
        "nothing": (b"", Refusal.EMPTY),
        "huge": (bytes(10 * 1024 * 1024 + 1), Refusal.TOO_LARGE),
        "text": (b"hello, this is no sound " * 500, Refusal.UNREADABLE),
        "a list of files": (b"#EXTM3U\n/etc/passwd\n", Refusal.UNREADABLE),
        "a list to join": (b"ffconcat version 1.0\nfile /etc/passwd\n", Refusal.UNREADABLE),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(5000), Refusal.UNREADABLE),
        "a head alone": (whole[:44], Refusal.UNREADABLE),
        "half a WAV": (whole[: len(whole) // 2], Refusal.DAMAGED),
        "most of a FLAC": (encoded(said, "flac")[:-20_000], Refusal.DAMAGED),
        "the beginning of an M4A": (encoded(said, "ipod")[:10_000], Refusal.UNREADABLE),
        "zeros": (wav(np.zeros(48_000, np.float32)), Refusal.SILENT),
        "a whisper far away": (wav(said * 0.002), Refusal.SILENT),
        "shouted into the microphone": (wav(said * 30), Refusal.CLIPPED),
        "a click": (wav(tone(400, 0.05)), Refusal.TOO_SHORT),
        "minutes": (wav(np.tile(speech(8_000), 20), 8_000, 1), Refusal.TOO_LONG),
    }
    assert {name: refused(content) for name, (content, _) in cases.items()} == {
        name: why for name, (_, why) in cases.items()
    }


def test_a_prompt_has_the_time_that_it_may_take() -> None:
    welcome = longest_s("welcome", is_piece=False, partner_s=0.5)
    assert convert(wav(tone(400, welcome - 0.4)), welcome).seconds <= welcome
    assert refused(wav(tone(400, welcome + 0.1)), welcome) is Refusal.TOO_LONG
    assert welcome == 3.5
    assert longest_s("digit-1", is_piece=True) == 2
    assert longest_s("goodbye", is_piece=False) == 30


def test_what_is_doubtful_is_taken_and_said() -> None:
    said = speech()
    loud = said / np.abs(said).max()
    cases = {
        Doubt.CLIPPED: loud * 1.5,
        Doubt.NOISY: said + noise(2.5),
        Doubt.QUIET: said * 0.06,
    }
    for doubt, samples in cases.items():
        assert convert(wav(samples), LONGEST_S).doubts == (doubt,)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\王\\欢迎 词.wav", "欢迎 词.wav"),
        ("evil\u202evaw.exe\0\r\nSet-Cookie: x", "evilvaw.exeSet-Cookie: x"),
        ("..", ".."),
        ("", "recording"),
        ("\ud800\x07", "recording"),
        ("a" * 500 + ".wav", "a" * 120),
    ],
)
def test_a_hostile_name_is_only_a_name(given: str, kept: str) -> None:
    assert clean_file_name(given) == kept
