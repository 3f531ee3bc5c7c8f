"""What sounds alike is spelt as is likeliest; nothing that is right is touched."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from callcenter.prompts import sounds_folder
from transcripts.engine import Transcript, Word
from transcripts.homophones import respelt, words_respelt
from transcripts.listening import finished

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("我们宿舍的热水气坏了", "我们宿舍的热水器坏了"),
        ("我是快级班的学员", "我是会计班的学员"),
        ("在三号窗口办手序", "在三号窗口办手续"),
        ("原建还是福印建", "原件还是复印件"),
        ("先帮我挂试一下", "先帮我挂失一下"),
        ("素色的门锁坏了", "宿舍的门锁坏了"),
        ("我姓辰,叫陈东", "我姓陈,叫陈东"),
        ("我姓无。", "我姓吴。"),
    ],
)
def test_the_likelier_word_is_written(written: str, meant: str) -> None:
    assert respelt(written) == meant


@pytest.mark.parametrize(
    "kept", ["", "ok, 402", "我姓欧阳", "姓", "您的姓名", "\u3400𠀀", "a热b水c", "我姓辛,叫辛夷"]
)
def test_what_it_cannot_judge_stays(kept: str) -> None:
    assert respelt(kept) == kept


def test_what_the_recogniser_is_sure_of_stays() -> None:
    text = "热水气坏了"
    assert respelt(text, [True] * len(text)) == text
    assert respelt(text, [False] * len(text)) == "热水器坏了"


def test_words_keep_their_times_and_doubts() -> None:
    words = [
        Word(word="热水", start_s=0.0, end_s=0.5, confidence=0.9),
        Word(word="气坏", start_s=0.5, end_s=0.9, confidence=0.4),
    ]
    told = words_respelt(words)
    assert [word.word for word in told] == ["热水", "器坏"]
    assert [(word.start_s, word.end_s, word.confidence) for word in told] == [
        (0.0, 0.5, 0.9),
        (0.5, 0.9, 0.4),
    ]


def test_a_transcript_s_text_and_words_say_the_same() -> None:
    words = tuple(
        Word(word=part, start_s=place, end_s=place + 1.0, confidence=0.5)
        for place, part in enumerate(["熱水", "气,", "我姓", "辰"])
    )
    heard = Transcript(text="熱水气, 我姓辰", engine="e", model="m", seconds=4.0, words=words)
    told = finished(heard, "zh")
    assert told.text == "热水器,我姓陈"
    assert "".join(word.word for word in told.words) == told.text


def test_correct_chinese_is_left_as_it_is() -> None:
    """The regulation and all prompts: at most one character in two hundred is taken for another."""
    prompts = tomllib.loads((sounds_folder() / "prompts.toml").read_text("utf-8"))
    texts = [str(prompt["zh"]) for prompt in prompts.values()]
    texts += re.findall(r"[\u4e00-\u9fff，。；]+", (ROOT / "docs" / "regulation.md").read_text("utf-8"))
    texts += re.findall(
        r'msgstr "(.+)"', (ROOT / "web/locales/zh/LC_MESSAGES/messages.po").read_text("utf-8")
    )
    changed = sum(old != new for text in texts for old, new in zip(text, respelt(text), strict=True))
    assert changed <= sum(map(len, texts)) / 200
