"""Spoken numbers as digits, ordinary words that look like numbers, and the words' times and doubts."""

from __future__ import annotations

import pytest

from transcripts.engine import Word
from transcripts.numerals import in_digits, words_in_digits


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("幺三八零零幺三八零零零", "13800138000"),
        ("我的电话是幺七九，二三零六，四五八八。", "我的电话是179，2306，4588。"),
        ("号码是幺九四零零五六七二幺三", "号码是19400567213"),
        ("学号后四位是零三幺七", "学号后四位是0317"),
        ("二零二六年十一月二十三号", "2026年11月23号"),
        ("十一月一日", "11月1日"),
        ("三点半", "3点半"),
        ("下午三点零五分", "下午3点05分"),
        ("三点十分", "3点10分"),
        ("三点二十", "3点20"),
        ("十二点到一点没有人", "12点到1点没有人"),
        ("周六七点", "周六7点"),
        ("周三十点", "周三10点"),
        ("二十一下午", "21下午"),
        ("二百五十块", "250块"),
        ("三千二", "3200"),
        ("三块五", "3块5"),
        ("两百五十个", "250个"),
        ("三万五千", "35000"),
        ("三十万", "30万"),
        ("一亿两千万", "1亿2000万"),
        ("一百零五", "105"),
        ("百分之三十", "30%"),
        ("百分之三点五", "3.5%"),
        ("三分之一", "1/3"),
        ("三点五公里", "3.5公里"),
        ("七号楼四零二", "7号楼402"),
        ("三号窗口", "3号窗口"),
        ("四十分钟", "40分钟"),
        ("十分钟", "10分钟"),
        ("一一零", "110"),
        ("40二室", "402室"),
    ],
)
def test_chinese_numbers(said: str, written: str) -> None:
    assert in_digits(said, "zh") == written


@pytest.mark.parametrize(
    "said",
    [
        "等一下，我一直想一样一样说",
        "三心二意，万一统一一起",
        "十分感谢，千万不要",
        "早一点，有一点问题",
        "有三点建议",
        "周三晚上，星期五，礼拜六",
        "五六十块，三四个，十七八岁",
        "几十个，好几百人",
        "不管三七二十一，一五一十，三三两两，七七八八",
        "一块去二食堂，提一个建议",
        "两台压力表",
        "双十一，十一国庆放假",
        "你这个二百五",
        "第一次，初三，高三三班",
        "统一十分好",
    ],
)
def test_chinese_words_that_are_no_numbers(said: str) -> None:
    assert in_digits(said, "zh") == said


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("one three eight double zero", "13800"),
        ("room four oh two", "room 402"),
        ("room four twelve", "room 412"),
        ("zero two zero, seven nine four six, zero one five eight", "020, 7946, 0158"),
        ("five five, two three", "55, 23"),
        ("twenty five", "25"),
        ("Twenty-five minutes", "25 minutes"),
        ("the twenty first", "the 21st"),
        ("one hundred and five", "105"),
        ("three thousand five hundred", "3500"),
        ("twenty twenty six", "2026"),
        ("nineteen oh five", "1905"),
        ("three point five", "3.5"),
        ("twenty five percent", "25%"),
        ("at five p.m.", "at 5 p.m."),
        ("the clerk at window four", "the clerk at window 4"),
    ],
)
def test_english_numbers(said: str, written: str) -> None:
    assert in_digits(said, "en") == written


@pytest.mark.parametrize(
    "said",
    [
        "no one",
        "one of them",
        "half past three",
        "two days",
        "a double room",
        "oh one more",
        "after five",
        "and so on",
    ],
)
def test_english_words_that_stay(said: str) -> None:
    assert in_digits(said, "en") == said


def test_another_language_stays_as_it_is() -> None:
    assert in_digits("이십오", "ko") == "이십오"


def _words(*words: tuple[str, float]) -> list[Word]:
    return [
        Word(word=text, start_s=float(index), end_s=index + 0.5, confidence=sure)
        for index, (text, sure) in enumerate(words)
    ]


def _told(words: list[Word]) -> list[tuple[str, float, float, float]]:
    return [(word.word, word.start_s, word.end_s, word.confidence) for word in words]


def test_the_words_of_a_number_become_one_as_doubtful_as_the_worst_of_them() -> None:
    words = _words(("我", 0.9), ("是", 0.8), ("幺", 0.7), ("三", 0.3), ("八", 0.9), ("啊", 1))
    assert _told(words_in_digits(words, "zh")) == [
        ("我", 0, 0.5, 0.9),
        ("是", 1, 1.5, 0.8),
        ("138", 2, 4.5, 0.3),
        ("啊", 5, 5.5, 1),
    ]


def test_a_number_that_begins_and_ends_within_words() -> None:
    words = _words(("楼四", 0.9), ("零", 0.8), ("二的", 0.7))
    assert _told(words_in_digits(words, "zh")) == [("楼402的", 0, 2.5, 0.7)]


def test_two_numbers_that_share_a_word_stay_together() -> None:
    words = _words(("三", 0.9), ("点二", 0.8), ("十", 0.7))
    assert _told(words_in_digits(words, "zh")) == [("3", 0, 0.5, 0.9), ("点20", 1, 2.5, 0.7)]


def test_english_words() -> None:
    words = _words(("room", 0.9), ("four", 0.8), ("oh", 0.4), ("two,", 0.9), ("please", 1))
    assert [word.word for word in words_in_digits(words, "en")] == ["room", "402,", "please"]
    assert words_in_digits(words, "en")[1].confidence == 0.4


def test_no_words() -> None:
    assert words_in_digits([], "zh") == []
