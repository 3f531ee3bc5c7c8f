"""What the worker relies on, kept by the voice in its process and by the one of the tests alike."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import psutil
import pytest

from callcenter.settings import Settings
from callcenter.sound.samples import speech_dbfs
from synthesis import aside
from synthesis.aside import VoiceAside
from synthesis.errors import NothingToSay, SynthesisError, TextTooLong

HELLO = {"zh": "请今天下午派人上门。", "en": "Please send somebody this afternoon."}
HOSTILE = '<speak version="1.0"><break time="60s"/>热水</speak> "\nHANGUP\nSET VARIABLE X 1 \u202e'


@pytest.fixture(params=["kokoro", "of the tests"])
def voice(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> VoiceAside:
    if request.param != "kokoro":
        monkeypatch.setattr(aside, "MODULE", "tests.support.hand_voice")
    return VoiceAside(settings)


def test_each_voice_keeps_the_same_promises(voice: VoiceAside) -> None:
    for language, text in HELLO.items():
        rate_hz, samples = heard(voice.say(text, language))
        assert rate_hz == 8000
        assert 0.5 < len(samples) / rate_hz < 6
        assert speech_dbfs(samples, rate_hz) == pytest.approx(-20, abs=1)
    assert heard(voice.say(HOSTILE, "zh", urgent=True))[1].size
    with pytest.raises(NothingToSay):
        voice.say("😀🙂", "zh")
    with pytest.raises(TextTooLong):
        voice.say("热" * 10_000, "zh")
    with pytest.raises(SynthesisError):
        voice.say("", "zh")
    assert voice.say(HELLO["zh"], "zh"), "and goes on"
    children = [each for each in psutil.Process().children() if is_voice(each)]
    assert children
    assert all(child.memory_info().rss < 1_000_000_000 for child in children)


def heard(sound: bytes) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    with wave.open(io.BytesIO(sound)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), (pcm / 32768).astype(np.float32)


def is_voice(process: psutil.Process) -> bool:
    return (
        "synthesis.process" in process.cmdline()
        or "tests.support.hand_voice" in process.cmdline()
        or (Path(f"/proc/{process.pid}/comm").read_text().startswith("shouwen speaker"))
    )
