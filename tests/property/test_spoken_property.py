"""Numbers, dates and times that the desk reads out: against other people's programs, against the list of prompts."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import cn2an
import pytest
from babel.dates import format_date, format_time
from hypothesis import example, given
from hypothesis import strategies as st
from num2words import num2words

from callcenter.domain import number_words as words
from callcenter.domain import spoken
from callcenter.prompts import MADE, prompts

TEXTS = {(prompt.key, prompt.language): prompt.text for prompt in prompts()}
NUMBERS = st.one_of(
    st.integers(0, words.MOST),
    st.integers(0, 200),
    st.builds(lambda digit, zeros: digit * 10**zeros, st.integers(1, 99), st.integers(0, 7)),
)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
LANGUAGES = st.sampled_from(["zh", "en"])


def _heard(keys: list[str], language: str) -> str:
    """What is heard: each key has to be a prompt in both languages."""
    for key in keys:
        assert key in MADE or {(key, "zh"), (key, "en")} <= TEXTS.keys()
    texts = [TEXTS[key, language] for key in keys if key not in MADE]
    return ("" if language == "zh" else " ").join(texts)


def _plain(english: str) -> str:
    return re.sub(r"[ ,-]+", " ", english)


@given(NUMBERS)
@example(0)
@example(2)
@example(10)
@example(12_000)
@example(22_002)
@example(200_000_000)
def test_a_chinese_number_is_what_cn2an_says(number: int) -> None:
    """It knows no 两, and says 一十 where a number begins with 十."""
    ours = words.zh_number(number)
    theirs = cn2an.an2cn(str(number))
    assert ours.replace("两", "二") == (theirs[1:] if theirs.startswith("一十") else theirs)
    assert _heard(spoken.number(number, "zh"), "zh") == ours


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2, "二"),
        (10, "十"),
        (20, "二十"),
        (22, "二十二"),
        (200, "二百"),
        (250, "二百五十"),
        (1_005, "一千零五"),
        (2_000, "两千"),
        (2_222, "两千二百二十二"),
        (12_000, "一万二千"),
        (20_000, "两万"),
        (22_000, "两万二千"),
        (200_000, "二十万"),
        (200_000_000, "两亿"),
    ],
)
def test_where_two_is_liang(number: int, said: str) -> None:
    """It opens thousands and what is more; inside a number and before 十 and 百 it is 二."""
    assert words.zh_number(number) == said


def test_two_of_a_thing_is_liang() -> None:
    assert spoken.number(2, "zh", counted=True) == ["two-of"]
    assert spoken.number(12, "zh", counted=True) == ["number-12"]


@given(NUMBERS)
def test_an_english_number_is_what_num2words_says(number: int) -> None:
    ours = words.en_number(number)
    assert _plain(ours) == _plain(num2words(number))
    assert _heard(spoken.number(number, "en"), "en") == ours.replace("-", " ")


@pytest.mark.parametrize("number", [-1, words.MOST + 1])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_too_large_is_not_said(number: int, language: str) -> None:
    with pytest.raises(words.NotSaid):
        spoken.number(number, language)


@given(DAYS, st.booleans(), st.booleans())
def test_a_chinese_date_is_what_babel_writes(day: date, year: bool, weekday: bool) -> None:
    """Babel in figures, read by cn2an; the year digit by digit."""
    heard = _heard(spoken.day(day, "zh", year=year, weekday=weekday), "zh")
    pattern = ("y年" if year else "") + "M月d日" + ("EEEE" if weekday else "")
    written = format_date(day, pattern, locale="zh")
    by_digit = str.maketrans("0123456789", "零一二三四五六七八九")
    written = re.sub(r"\d{4}", lambda found: found[0].translate(by_digit), written)
    written = re.sub(r"\d+", lambda found: cn2an.an2cn(found[0]).replace("一十", "十"), written)
    assert heard == written == words.zh_date(day, year=year, weekday=weekday)


@given(DAYS, st.booleans(), st.booleans())
def test_an_english_date_is_what_babel_and_num2words_say(day: date, year: bool, weekday: bool) -> None:
    heard = _heard(spoken.day(day, "en", year=year, weekday=weekday), "en")
    written = format_date(day, "MMMM", locale="en") + f" the {num2words(day.day, to='ordinal')}"
    if weekday:
        written = f"{format_date(day, 'EEEE', locale='en')} {written}"
    if year:
        written += f" {num2words(day.year, to='year')}"
    assert _plain(heard) == _plain(written)
    assert _plain(words.en_date(day, year=year, weekday=weekday)) == _plain(written)


@given(TIMES)
def test_a_chinese_time_is_what_babel_writes(at: time) -> None:
    """Babel's part of the day (but from 18:00 on 晚上: it has 下午 to 19:00); 两点; 半; a single minute with 零."""
    heard = _heard(spoken.clock(at, "zh"), "zh")
    assert heard == words.zh_time(at)
    period = format_time(
        at.replace(minute=max(at.minute, 1)), "B", locale="zh"
    )  # it calls midnight itself 午夜
    assert heard.startswith("晚上" if at.hour == 18 else {"清晨": "早上"}.get(period, period))
    hour, _, minute = heard.removeprefix(words.zh_period(at.hour)).partition("点")
    said = hour.replace("两", "二")
    assert cn2an.cn2an(f"一{said}" if said[0] == "十" else said) == (
        at.hour if at.hour <= 12 else at.hour - 12
    )
    assert "二" not in hour.replace("十二", "")
    if minute == "半":
        assert at.minute == 30
    elif minute:
        assert minute.startswith("零") == (at.minute < 10)
        assert cn2an.cn2an(minute.strip("零分"), "smart") == at.minute
    else:
        assert at.minute == 0


@given(TIMES)
def test_an_english_time_says_the_same_hour_and_minute(at: time) -> None:
    heard = _heard(spoken.clock(at, "en"), "en")
    hour = int(format_time(at, "h", locale="en"))
    minute = (
        f"{'oh ' if 0 < at.minute < 10 else ''}{_plain(num2words(at.minute))}" if at.minute else "o'clock"
    )
    assert heard.startswith(f"{num2words(hour)} {minute} ")
    assert _plain(words.en_time(at)) == heard
    assert (heard.split(" ", 1)[1].rpartition("the ")[2] in ("afternoon", "evening")) == (at.hour >= 12)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("13800138000", "138 0013 8000"),
        ("+8613800138000", "86 138 0013 8000"),
        ("07522234567", "0752 223 4567"),
        ("01088886666", "010 8888 6666"),
        ("075522334455", "0755 2233 4455"),
        ("22345678", "2234 5678"),
        ("2234567", "223 4567"),
        ("123456", "123 456"),
        ("400-800-1234", "400 800 1234"),
        ("138 0013 8000", "138 0013 8000"),
        ("8000", "8000"),
        ("10086", "10086"),
        ("", ""),
    ],
)
def test_a_telephone_number_in_groups(text: str, groups: str) -> None:
    assert " ".join(spoken.telephone_groups(text)) == groups


@given(st.text("0123456789 -+", max_size=25))
def test_every_digit_of_a_number_is_said_once(text: str) -> None:
    """Chinese says 幺 for 1, for 一 is heard as 七."""
    keys = spoken.telephone(text)
    heard = _heard([key for key in keys if key != spoken.PAUSE], "zh")
    assert heard == "".join("零幺二三四五六七八九"[int(sign)] for sign in text if sign.isdigit())
    assert spoken.PAUSE not in [*keys[:1], *keys[-1:]]


def test_a_ticket_number() -> None:
    assert _heard(spoken.ticket("1-000412"), "zh") == "幺杠零零零四幺二"
    assert _heard(spoken.ticket("1-000412"), "en") == "one dash zero zero zero four one two"


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (timedelta(0), "零秒", "zero seconds"),
        (timedelta(seconds=1), "一秒", "one second"),
        (timedelta(seconds=-5), "零秒", "zero seconds"),
        (timedelta(minutes=2), "两分钟", "two minutes"),
        (timedelta(minutes=12, seconds=9), "十二分钟", "twelve minutes"),
        (timedelta(hours=1, minutes=1), "一小时一分钟", "one hour one minute"),
        (timedelta(days=2, hours=3), "两天三小时", "two days three hours"),
    ],
)
def test_how_long_something_lasts(span: timedelta, zh: str, en: str) -> None:
    assert _heard(spoken.span(span, "zh"), "zh") == zh
    assert _heard(spoken.span(span, "en"), "en") == en


@given(st.integers(1, 40))
def test_a_place_in_the_queue(position: int) -> None:
    heard = _heard(spoken.place(position), "zh")
    assert (words.zh_number(position) in heard) == (position <= spoken.PLACES)
