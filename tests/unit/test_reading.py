"""Text as people write it becomes words that a voice can say; nothing makes it fail."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthesis.chinese import chinese, syllable
from synthesis.reading import readable


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("电话138 0013 8000", "电话，幺三八，零零幺三，八零零零"),
        ("电话13800138000，谢谢", "电话，幺三八，零零幺三，八零零零,谢谢"),
        ("打0752-2234567", "打，零七五二，二二三，四五六七"),
        ("2026-11-23 15:30到", "二零二六年十一月二十三日下午三点半到"),
        ("2026年11月23日", "二零二六年十一月二十三日"),
        ("2026年", "二零二六年"),
        ("9:05", "上午九点零五分"),
        ("在402室", "在四零二室"),
        ("1204房", "幺二零四房"),
        ("2个人，第2次，2楼，2天", "两个人,第二次,二楼,两天"),
        ("3-5天", "三到五天"),
        ("费用¥1,250.50", "费用一千二百五十点五零元"),
        ("完成95%", "完成百分之九十五"),
        ("-5℃", "负五摄氏度"),
        ("编号20261123", "编号二零二六，幺幺二三"),
        ("你好😀！", "你好!"),
        ("第一行\n第二行", "第一行。第二行"),
        ("2026-13-45", "二千零二十六-十三-四十五"),
        ("ＡＢＣ１２", "ABC十二"),
    ],
)
def test_chinese(text: str, read: str) -> None:
    assert readable(text, "zh").replace("两千", "二千") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("call 13800138000.", "call, one three eight, zero zero one three, eight zero zero zero."),
        ("at 3:30 pm", "at three thirty in the afternoon"),
        ("on 2026-11-23", "on November the twenty-third, twenty twenty-six"),
        ("room 402", "room four zero two"),
        ("the 3rd of 21 for $5", "the third of twenty-one for five dollars"),
        ("95%", "ninety-five percent"),
        ("since 2024", "since twenty twenty-four"),
        ("3.14", "three point one four"),
        ("a@b.com", "a at b.com"),
    ],
)
def test_english(text: str, read: str) -> None:
    assert readable(text, "en") == read


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "عربي", "\x00", "—", "​"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_nobody_can_say_is_nothing(text: str, language: str) -> None:
    assert readable(text, language) == ""


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80) | st.text("0123456789-:./,年月日￥$%+ ", max_size=40), st.sampled_from(["zh", "en"])
)
def test_any_text_is_read_without_figures(text: str, language: str) -> None:
    assert not re.search(r"\d", readable(text, language))


@pytest.mark.parametrize(
    ("pinyin", "signs"),
    [
        ("zhong1", "ꭧʊ→ŋ"),
        ("shi4", "ʂɨ↘"),
        ("lv4", "ly↘"),
        ("nve4", "nɥe↘"),
        ("yuan2", "ɥɛ↗n"),
        ("er2", "ɚ↗"),
        ("wo3", "wo↓"),
        ("de5", "tɤ"),
        ("qiong2", "ʨʰjʊ↗ŋ"),
        ("?", ""),
    ],
)
def test_syllables(pinyin: str, signs: str) -> None:
    assert syllable(pinyin) == signs


def test_a_character_with_two_sounds() -> None:
    assert chinese("银行").endswith("xa↗ŋ")
    assert chinese("不行").endswith("ɕi↗ŋ")
