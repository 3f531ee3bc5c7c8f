"""How much of telephone speech the default recogniser gets right: a change that makes it worse is seen here.

docs/speech.md has the whole table.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from bench.speech_score import errors, units
from bench.speech_sets import voices
from callcenter.runtime.models import install
from callcenter.settings import Settings
from transcripts.audio import read_audio
from transcripts.listening import Request, listen
from transcripts.whisper_engine import WhisperEngine

VOICES = Path(__file__).parents[1] / "voices"
DEEP = "老师，我是刘佳怡的妈妈。孩子说她在宿舍被人欺负，不敢跟老师讲，我想请你们了解一下情况，不要让其他同学知道。"
"""zh-deep-01.wav, a man's voice: half of it was cut away as no speech once."""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Whisper base."""
    return install.get(Settings(), "whisper-base", Console())


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "at_most"), [("zh", 0.05), ("en", 0.025)])
def test_what_is_said_on_a_clean_line(folder: Path, language: str, at_most: float) -> None:
    """Twelve Chinese recordings, one of them a short noisy greeting that is half misheard; six English ones."""
    wrong = total = 0
    for item in [item for item in voices(VOICES) if item.language == language]:
        request = Request(folder=VOICES, name=item.name, start_s=0.0, language=language, sure=True)
        heard = listen(Settings(), request, lambda _language: WhisperEngine(folder, "whisper-base", language))
        wanted = units(item.text, language)
        wrong, total = wrong + errors(wanted, units(heard.part.text, language)), total + len(wanted)
    assert wrong <= at_most * total


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
