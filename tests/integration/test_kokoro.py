"""The voice itself: it says both languages, in time, and what it cannot say it refuses."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from callcenter.runtime.models import store
from callcenter.settings import Settings
from callcenter.sound.samples import is_silent
from synthesis.errors import NothingToSay, TextTooLong, VoiceBroken, VoiceMissing
from synthesis.graph import faster
from synthesis.kokoro import FILES, Kokoro
from synthesis.pieces import pieces_of
from synthesis.reading import readable
from synthesis.speaker import LONGEST_TEXT, RATE_HZ

BRIEFING = (
    "来电者是王女士，她的孩子昨天在学校食堂吃饭以后身体不舒服，已经去医院看过，"
    "希望今天下午三点半以前有老师给她回电话，说明情况。"
)
"""60 characters."""


@pytest.fixture(scope="module")
def folder() -> Path:
    found = store.installed(Settings(), "kokoro")
    assert found is not None, "run `shouwen models get kokoro`"
    return found


@pytest.fixture(scope="module")
def voice(folder: Path) -> Kokoro:
    return Kokoro(folder)


@pytest.mark.parametrize(
    ("text", "language", "from_s", "to_s"),
    [
        ("您好，这里是服务中心。", "zh", 1.5, 3.5),
        ("请联系 Zhang Wei 老师，电话 13800138000，OK？", "zh", 4, 12),
        ("Hello, this is the service centre.", "en", 1.2, 3.5),
        ("Mr Wang of Huizhou called about xqzt.", "en", 1.5, 6),
        ("好", "zh", 0.2, 1.5),
        ("😀好😀", "zh", 0.2, 1.5),
        ("中文 in an English text.", "en", 0.8, 4),
    ],
)
def test_it_speaks(voice: Kokoro, text: str, language: str, from_s: float, to_s: float) -> None:
    samples = voice.say(text, language)
    assert from_s < len(samples) / RATE_HZ < to_s
    assert np.isfinite(samples).all()
    assert not is_silent(samples, RATE_HZ)


def test_the_same_text_gives_the_same_sound(voice: Kokoro) -> None:
    assert np.array_equal(voice.say("再见。", "zh"), voice.say("再见。", "zh"))


@pytest.mark.parametrize("text", ["", " ", "😀", "。，！", "عربي", "—"])
def test_silence_is_an_error(voice: Kokoro, text: str) -> None:
    with pytest.raises(NothingToSay):
        voice.say(text, "zh")


def test_a_text_without_an_end_is_refused(voice: Kokoro) -> None:
    with pytest.raises(TextTooLong, match=str(LONGEST_TEXT)):
        voice.say("好" * (LONGEST_TEXT + 1), "zh")


def test_a_sentence_that_the_network_cannot_take_is_cut(voice: Kokoro) -> None:
    """It takes 510 signs."""
    signs = voice.signs("学校老师" * 32)
    assert len(signs) > 510
    assert len(voice.say("学校老师" * 32, "zh")) / RATE_HZ > 12


def test_the_first_of_60_characters_is_there_in_three_seconds(voice: Kokoro) -> None:
    """Of one core: the thread's own time. What follows is made faster than it is heard."""
    assert 58 <= len(BRIEFING) <= 62
    voice.say("好。", "zh")
    began = time.thread_time()
    sounds = (voice.say(piece, "zh") for piece in pieces_of(BRIEFING))
    first = next(sounds)
    assert time.thread_time() - began < 3
    began = time.thread_time()
    rest = list(itertools.chain(sounds))
    spent_s = time.thread_time() - began
    assert spent_s < sum(len(sound) for sound in [first, *rest[:-1]]) / RATE_HZ


def test_pieces_say_the_whole_text(voice: Kokoro) -> None:
    assert "".join(pieces_of(BRIEFING)) == BRIEFING
    assert all(voice.say(piece, "zh").size for piece in pieces_of(BRIEFING))


def test_signs_are_those_of_the_network(voice: Kokoro) -> None:
    for text, language in ((BRIEFING, "zh"), ("ABC 王 café 3.5% naïve x", "en")):
        assert voice.signs(readable(text, language))


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(VoiceMissing):
        Kokoro(tmp_path)


def test_a_model_that_is_none(tmp_path: Path, folder: Path) -> None:
    for name in FILES:
        (tmp_path / "kokoro" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kokoro" / name).symlink_to(folder / name)
    (tmp_path / "kokoro" / "model.onnx").unlink()
    (tmp_path / "kokoro" / "model.onnx").write_bytes(b"no model at all")
    with pytest.raises(VoiceBroken):
        Kokoro(tmp_path / "kokoro")
    with pytest.raises(ValueError, match="not the network"):
        faster(b"")
