"""Numbers said in words come back as the digits that were meant, whatever stands around them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcripts.engine import Word
from transcripts.numerals import in_digits, spans_of, words_in_digits
from transcripts.numerals_zh import cardinal

_READ_ZH = "零幺二三四五六七八九"
_READ_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NOISE_ZH = "零〇一二三四五六七八九十百千万亿两幺点分之半号楼年月日周第几块毛元天个下起直的，。 abc12"
_NOISE_EN = (
    *_READ_EN,
    "oh",
    "double",
    "ten",
    "twenty",
    "hundred",
    "thousand",
    "and",
    "point",
    "room",
    "first",
    "a",
    "12",
)


def _counted_zh(value: int) -> str:
    """The number as a Chinese speaker counts it, 1 to 99,999,999."""
    if value >= 10_000:
        high, low = divmod(value, 10_000)
        between = "零" if 0 < low < 1000 else ""
        return f"{_counted_zh(high)}万{between}{_counted_zh(low) if low else ''}"
    figures, said, gap = "零一二三四五六七八九", "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure, value = divmod(value, size)
        if figure:
            said += ("零" if gap else "") + figures[figure] + unit
            gap = False
        elif said and value:
            gap = True
    return said


@given(st.text("0123456789", min_size=3, max_size=18))
def test_a_number_read_digit_by_digit(digits: str) -> None:
    assert in_digits("".join(_READ_ZH[int(digit)] for digit in digits), "zh") == digits
    assert in_digits(" ".join(_READ_EN[int(digit)] for digit in digits), "en") == digits


@given(st.integers(1, 99_999_999))
def test_a_number_counted(value: int) -> None:
    assert cardinal(_counted_zh(value)) == value


@given(st.integers(10, 9_999))
def test_a_sum(value: int) -> None:
    assert in_digits(f"一共{_counted_zh(value)}块", "zh") == f"一共{value}块"


@given(st.text(_NOISE_ZH, max_size=40))
def test_once_is_enough_and_nothing_but_numerals_goes(text: str) -> None:
    once = in_digits(text, "zh")
    assert in_digits(once, "zh") == once
    for span in spans_of(text, "zh"):
        assert set(text[span.start : span.end]) <= set("零〇一二三四五六七八九十百千万亿两幺点分之")
    places = [place for span in spans_of(text, "zh") for place in (span.start, span.end)]
    assert places == sorted(places)


@given(st.lists(st.sampled_from(_NOISE_EN), max_size=12))
def test_english_once_is_enough(words: list[str]) -> None:
    once = in_digits(" ".join(words), "en")
    assert in_digits(once, "en") == once


@given(st.lists(st.text(_NOISE_ZH.replace(" ", ""), min_size=1, max_size=4), max_size=12))
def test_words_say_what_the_text_says_in_order_of_time(texts: list[str]) -> None:
    words = [
        Word(word=text, start_s=float(place), end_s=place + 1.0, confidence=0.5)
        for place, text in enumerate(texts)
    ]
    written = words_in_digits(words, "zh")
    assert "".join(word.word for word in written) == in_digits("".join(texts), "zh")
    assert all(first.end_s <= second.start_s for first, second in pairwise(written))
    assert all(word.start_s < word.end_s for word in written)
