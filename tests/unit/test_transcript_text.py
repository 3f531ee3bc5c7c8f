"""What becomes text, and what Whisper only made up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from transcripts.errors import EngineFailed
from transcripts.text import tidy, without_stutter
from transcripts.vosk_results import VoskResults
from transcripts.whisper_engine import PROMPTS, heard


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("您 好 我 想 咨询", "zh", "您好我想咨询"),
        ("我們宿舍的熱水器壞了", "zh", "我们宿舍的热水器坏了"),
        ("电话 是 179-2306 谢谢", "zh", "电话是179-2306谢谢"),
        ("我 要 买 iPhone 手机", "zh", "我要买iPhone手机"),
        ("call  me\nback ", "en", "call me back"),
        ("", "zh", ""),
    ],
)
def test_tidy(text: str, language: str, wanted: str) -> None:
    assert tidy(text, language) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我们继续。作" + "语" * 20, "我们继续。作"),
        ("我们继续。" + "语" * 9 + "。\ufffd", "我们继续。"),
        ("哈哈哈，谢谢", "哈哈哈，谢谢"),
        ("电话是1380000000000", "电话是1380000000000"),
        ("", ""),
    ],
)
def test_without_stutter(text: str, wanted: str) -> None:
    assert without_stutter(text) == wanted


def _segment(
    text: str, *, no_speech: float = 0.1, logprob: float = -0.3, compression: float = 1.2
) -> SimpleNamespace:
    return SimpleNamespace(
        text=text, no_speech_prob=no_speech, avg_logprob=logprob, compression_ratio=compression
    )


@pytest.mark.parametrize(
    ("segment", "wanted"),
    [
        (_segment("我的校园卡丢了"), True),
        (_segment("我的校园卡丢了", no_speech=0.7), True),
        (_segment("我的校园卡丢了", no_speech=0.7, logprob=-0.8), False),
        (_segment("我的校园卡丢了", logprob=-1.1), False),
        (_segment("好" * 99, compression=9.0), False),
        (_segment("以下是普通话的句子。"), False),
        (_segment(" 以下是普通话 "), False),
        (_segment("以下是普通话的句子，以下是普通话的句子"), False),
        (_segment("请不吝点赞 订阅 转发"), False),
        (_segment("字幕由社群提供"), False),
        (_segment("Thanks for watching!"), False),
        (_segment("。"), False),
        (_segment("谢谢。"), True),
    ],
)
def test_what_was_heard_and_what_was_made_up(segment: SimpleNamespace, wanted: bool) -> None:
    assert heard(segment, PROMPTS["zh"]) is wanted


def test_english_has_no_prompt_to_echo() -> None:
    assert heard(_segment("Call me back."), PROMPTS["en"])


@pytest.mark.parametrize(
    "answer",
    ["", "[]", '{"text": "a", "result": [{"word": "a"}]}', '{"text": "a", "result": 3}', '{"error": "x"}'],
)
def test_nonsense_from_vosk_is_a_failure(answer: str) -> None:
    with pytest.raises(EngineFailed):
        VoskResults().add(answer)
