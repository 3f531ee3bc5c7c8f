"""Every prompt has two files that a telephone can play and a person can hear; the list of prompts is checked."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.prompts import LANGUAGES, MADE, BadPrompts, Prompt, Take, prompts, sounds_folder
from callcenter.sound.samples import Samples, speech_dbfs

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

LONELIEST_STEP = {8_000: 10.0, 16_000: 14.0}
"""A step between two samples against the mean step of the 20 ms around it: 12.6 and 17.9 for a click in silence."""


def _samples(path: Path, rate_hz: int) -> Samples:
    """A file that has to be of that rate, mono, 16 bits."""
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (rate_hz, 1, 2)
        return (np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768).astype(np.float32)


def _loneliest_step(samples: Samples, rate_hz: int) -> float:
    steps = np.abs(np.diff(samples))
    around = round(0.02 * rate_hz)
    mean = np.sqrt(np.convolve(steps**2, np.ones(around) / around, "same")) + 1e-9
    return float(np.max(np.where(steps > 0.05, steps / mean, 0)))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_a_click_is_noticed(rate_hz: int) -> None:
    samples = np.zeros(rate_hz, np.float32)
    samples[rate_hz // 2 :] = 0.3
    assert _loneliest_step(samples, rate_hz) > LONELIEST_STEP[rate_hz]


@pytest.mark.parametrize("prompt", prompts(), ids=lambda prompt: f"{prompt.language}-{prompt.key}")
def test_a_prompt_can_be_heard(prompt: Prompt) -> None:
    """At -20 dBFS within a decibel, quiet at both ends, without steps or a constant offset, as long as its text."""
    lengths_s = []
    for file, rate_hz in ((prompt.file, 8_000), (prompt.wideband_file, 16_000)):
        samples = _samples(file, rate_hz)
        lengths_s.append(len(samples) / rate_hz)
        assert speech_dbfs(samples, rate_hz) == pytest.approx(-20, abs=1)
        assert np.max(np.abs(samples)) < 0.99
        assert abs(float(np.mean(samples))) < 0.002
        ends = round(0.002 * rate_hz)
        assert np.max(np.abs(samples[:ends])) < 0.01
        assert np.max(np.abs(samples[-ends:])) < 0.01
        assert _loneliest_step(samples, rate_hz) < LONELIEST_STEP[rate_hz]
    assert lengths_s[0] == pytest.approx(lengths_s[1], abs=0.15)  # an s at an end is not heard at 8 kHz
    each_s = (0.13, 0.75) if prompt.language == "zh" else (0.03, 0.2)
    assert 0.2 <= lengths_s[0] <= 15
    assert each_s[0] * len(prompt.text) - 0.3 <= lengths_s[0] <= each_s[1] * len(prompt.text) + 0.8


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_call_needs_is_there_in_both_languages(language: str) -> None:
    found = {prompt.key for prompt in prompts() if prompt.language == language}
    assert found >= NEEDED
    assert all(prompt.text.strip() for prompt in prompts())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_welcome_is_short(language: str) -> None:
    assert len(_samples(SOUNDS / language / "welcome.wav", 8_000)) / 8_000 <= 2.5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", ["wav", "wav16"])
def test_no_sound_is_there_that_no_list_names(language: str, suffix: str) -> None:
    listed = {prompt.key for prompt in prompts() if prompt.language == language}
    assert {path.stem for path in (SOUNDS / language).glob(f"*.{suffix}")} == {*listed, *MADE}


@pytest.mark.parametrize(("suffix", "rate_hz"), [("wav", 8_000), ("wav16", 16_000)])
def test_beep_pause_and_music_on_hold(suffix: str, rate_hz: int) -> None:
    for language in LANGUAGES:
        beep = _samples(SOUNDS / language / f"beep.{suffix}", rate_hz)
        assert 0.2 <= len(beep) / rate_hz <= 0.5
        assert speech_dbfs(beep, rate_hz) > -30
        pause = _samples(SOUNDS / language / f"pause.{suffix}", rate_hz)
        assert 0.1 <= len(pause) / rate_hz <= 0.5
        assert not pause.any()
    music = _samples(SOUNDS.parent / "moh" / f"hold.{suffix}", rate_hz)
    assert 25 <= len(music) / rate_hz <= 40
    assert speech_dbfs(music, rate_hz) == pytest.approx(-32, abs=1)


GOOD = '[hello]\nzh = "您好。"\nen = "Hello."\nwhen = "always"\n'


def _listed(tmp_path: Path, text: str) -> list[Prompt]:
    (tmp_path / "prompts.toml").write_text(text, "utf-8")
    return prompts(tmp_path)


def test_a_list(tmp_path: Path) -> None:
    zh, en = _listed(tmp_path, GOOD + "take = { zh = { speed = 0.9 } }\n")
    assert (zh.key, zh.language, zh.text, zh.when, zh.take.speed) == ("hello", "zh", "您好。", "always", 0.9)
    assert zh.file == tmp_path / "zh" / "hello.wav"
    assert zh.wideband_file == tmp_path / "zh" / "hello.wav16"
    assert en.take == Take()
    assert not en.is_piece


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace('when = "always"\n', ""), r"\[hello\] when is missing"),
        (GOOD.replace("您好。", " "), r"\[hello\] zh is missing"),
        (GOOD.replace('en = "Hello."', "en = 5"), r"\[hello\] en is missing"),
        (GOOD + 'fr = "Bonjour."\n', r"\[hello\] fr: there is no such field"),
        (GOOD + "take = { zh = { speed = 9 } }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = { zh = { style = 0 } }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = { zh = { style = 1.5 } }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = { zh = { behind = 3 } }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = { zh = { mood = 3 } }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = { fr = {} }\n", r"\[hello\] take has to be such as"),
        (GOOD + "take = 1\n", r"\[hello\] take has to be such as"),
        (GOOD.replace("[hello]", '["../x"]'), "cannot be a prompt's name"),
        (GOOD.replace("[hello]", "[beep]"), "cannot be a prompt's name"),
        ('hello = "x"\n', "stands outside of any prompt"),
        ("[hello\n", r"prompts\.toml"),
    ],
)
def test_a_list_that_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadPrompts, match=says):
        _listed(tmp_path, text)


def test_every_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadPrompts) as raised:
        _listed(tmp_path, '[a]\nzh = "一"\n[b]\nen = "x"\n')
    assert len(str(raised.value).splitlines()) == 4


def test_the_command_prints_what_others_read(capsys: pytest.CaptureFixture[str]) -> None:
    from callcenter.cli.prompts import prompts_list

    prompts_list()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(list(line) == ["key", "language", "text", "file"] for line in lines)
    assert len(lines) == len(prompts())
    assert all(Path(line["file"]).is_file() for line in lines)
