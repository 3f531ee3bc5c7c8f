"""Every prompt has a file that a telephone can play and a person can hear."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.prompts import Prompt, prompts, sounds_folder

SOUNDS = sounds_folder()

NEEDED = {
    *(f"digit-{digit}" for digit in range(10)),
    "welcome",
    "wait-press-1",
    "closed",
    "no-answer",
    "pressed-1",
    "callback-intro",
    "record-prompt",
    "record-fallback",
    "record-kept",
    "number-is",
    "number-confirm",
    "number-key",
    "number-withheld",
    "number-too-short",
    "wished",
    "playback-intro",
    "confirm",
    "ticket-is",
    "ticket-again",
    "goodbye",
    "wrong-key",
    "handoff-extension",
    "handoff-invalid",
    "brief-prompt",
    "handed-over",
    "hear-intro",
    "hear-menu",
    "hear-none",
    "handoff-failed",
    "ringback",
    "caller-gone",
    "limit-reached",
    "connecting",
    "sorry",
    "rate",
    "rate-thanks",
    "dash",
}


def _listen(path: Path) -> tuple[float, float]:
    """Seconds, and the power in dBFS, of a file that has to be 8 kHz, mono, 16 bits."""
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
    return len(samples) / 8000, 10 * float(np.log10(np.mean(samples**2)))


@pytest.mark.parametrize("prompt", prompts(), ids=lambda prompt: f"{prompt.language}-{prompt.key}")
def test_a_prompt_can_be_heard(prompt: Prompt) -> None:
    seconds, power_dbfs = _listen(prompt.file)
    assert 0.2 <= seconds <= 20
    assert -35 < power_dbfs < -12


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_call_needs_is_there_in_both_languages(language: str) -> None:
    found = {prompt.key for prompt in prompts() if prompt.language == language}
    assert found >= NEEDED
    assert all(prompt.text.strip() for prompt in prompts())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_welcome_is_short(language: str) -> None:
    seconds, _ = _listen(SOUNDS / language / "welcome.wav")
    assert seconds <= 2.5


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_sound_is_there_that_no_list_names(language: str) -> None:
    listed = {prompt.file.name for prompt in prompts() if prompt.language == language}
    assert {path.name for path in (SOUNDS / language).glob("*.wav")} == {*listed, "beep.wav"}


def test_beep_and_music_on_hold() -> None:
    for language in ("zh", "en"):
        seconds, power_dbfs = _listen(SOUNDS / language / "beep.wav")
        assert 0.2 <= seconds <= 0.5
        assert power_dbfs > -30
    seconds, power_dbfs = _listen(SOUNDS.parent / "moh" / "hold.wav")
    assert 25 <= seconds <= 40
    assert -45 < power_dbfs < -25
