"""How much of telephone speech the default recogniser gets right: a change that makes it worse is seen here.

docs/speech.md has the whole table; this is the part of it that the checkout's own voices allow.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from bench.speech_line import LINES
from bench.speech_score import errors, units
from bench.speech_sets import Spoken, voices
from callcenter.runtime.models import install
from callcenter.settings import Settings
from callcenter.sound.shape import resample
from transcripts.audio import RATE_HZ, Audio, read_audio
from transcripts.whisper_engine import WhisperEngine

VOICES = Path(__file__).parents[1] / "voices"
DEEP = "老师，我是刘佳怡的妈妈。孩子说她在宿舍被人欺负，不敢跟老师讲，我想请你们了解一下情况，不要让其他同学知道。"
"""zh-deep-01.wav, a man's voice: half of it was cut away as no speech once."""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Whisper base."""
    return install.get(Settings(), "whisper-base", Console())


def share_wrong(folder: Path, spoken: list[Spoken], line: str) -> float:
    """Errors divided by what was said."""
    wrong = total = 0
    for item in spoken:
        audio = Audio(resample(LINES[line](item.samples), 8_000, RATE_HZ))
        said = WhisperEngine(folder, "whisper-base", item.language).transcribe(audio).text
        wanted = units(item.text, item.language)
        wrong, total = wrong + errors(wanted, units(said, item.language)), total + len(wanted)
    return wrong / total


@pytest.mark.parametrize(("language", "at_most"), [("zh", 0.13), ("en", 0.06)])
def test_what_is_said_on_a_clean_line(folder: Path, language: str, at_most: float) -> None:
    """Four Chinese voices, one of them a short noisy greeting that is half misheard; two English ones."""
    spoken = [item for item in voices(VOICES) if item.language == language]
    assert share_wrong(folder, spoken, "clean") <= at_most


def test_no_sentence_is_lost_from_a_deep_voice(folder: Path) -> None:
    audio = read_audio(VOICES / "zh-deep-01.wav")
    said = WhisperEngine(folder, "whisper-base", "zh").transcribe(audio).text
    wanted = units(DEEP, "zh")
    assert errors(wanted, units(said, "zh")) <= 0.1 * len(wanted)


@pytest.mark.parametrize(
    ("said", "understood", "language"),
    [
        ("我住七号楼四零二", "我住7号楼402。", "zh"),
        ("幺七九，二三零六", "179-2306", "zh"),
        ("两台压力表", "2台压力表", "zh"),
        ("It's zero two zero, seven nine", "Its 020 79", "en"),
        ("I waited forty minutes.", "I waited 40 minutes", "en"),
        ("The service centre.", "the Service Center", "en"),
    ],
)
def test_one_number_written_in_two_ways_is_no_error(said: str, understood: str, language: str) -> None:
    assert errors(units(said, language), units(understood, language)) == 0


@pytest.mark.parametrize(
    ("wanted", "got", "count"), [("abc", "abc", 0), ("abc", "", 3), ("", "ab", 2), ("abcd", "axd", 2)]
)
def test_errors_are_what_has_to_be_changed(wanted: str, got: str, count: int) -> None:
    assert errors(wanted, got) == count
