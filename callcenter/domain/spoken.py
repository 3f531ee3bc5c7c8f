"""What to play for a number, a date, a time, a place in the queue: keys of prompts, in the order of hearing.

Only values that the desk reads out; whoever writes a sentence writes a prompt. Every key is in both languages.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from callcenter.domain.number_words import (
    en_number,
    en_period,
    en_year,
    zh_number,
    zh_period,
)

PAUSE = "pause"
"""A short silence between groups of digits; a sound, no prompt."""

PLACES = 10
"""So many places in the queue have a sentence of their own."""

_ZH_SIGNS = {
    **{sign: f"number-{value}" for value, sign in enumerate("零一二三四五六七八九十")},
    **{"两": "two-of", "百": "hundred", "千": "thousand", "万": "ten-thousand", "亿": "hundred-million"},
}
_EN_WORDS = {
    **{en_number(value): f"number-{value}" for value in (*range(20), *range(20, 100, 10))},
    **{word: word for word in ("and", "oh", "hundred", "thousand", "million")},
}
_ZH_PERIODS = {
    "凌晨": "night",
    "早上": "early",
    "上午": "morning",
    "中午": "noon",
    "下午": "afternoon",
    "晚上": "evening",
}
_EN_PERIODS = {
    "at night": "night",
    "in the morning": "morning",
    "in the afternoon": "afternoon",
    "in the evening": "evening",
}


def number(value: int, language: str, *, counted: bool = False) -> list[str]:
    """A number up to 999,999,999; `counted`: a thing that is counted follows (zh 两位, not 二位). Raises NotSaid."""
    return _zh(zh_number(value, counted=counted)) if language == "zh" else _en(en_number(value))


def _zh(words: str) -> list[str]:
    """二十 and 十一 are one sound each, the first of them wins."""
    keys = []
    for part in re.findall(r"[二三四五六七八九]十|十[一二三四五六七八九]?|.", words):
        if part[-1] == "十" and len(part) == 2:
            keys.append(f"number-{'二三四五六七八九'.index(part[0]) + 2}0")
        elif len(part) == 2:
            keys.append(f"number-1{'一二三四五六七八九'.index(part[1]) + 1}")
        else:
            keys.append(_ZH_SIGNS[part])
    return keys


def _en(words: str) -> list[str]:
    return [_EN_WORDS[word] for word in re.split(r"[ -]", words)]


def digits(text: str) -> list[str]:
    """Digit by digit (zh: 1 is 幺), dashes as 杠; everything else is left out."""
    return [f"digit-{sign}" if sign != "-" else "dash" for sign in text if sign in "0123456789-"]


def ticket(text: str) -> list[str]:
    """A ticket's number: digits and dashes."""
    return digits(text)


def telephone(text: str) -> list[str]:
    """A telephone number, its groups set apart by pauses: 138 0013 8000, 0752 223 4567, 010 8888 6666."""
    groups: list[list[str]] = [digits(group) for group in telephone_groups(text)]
    return [key for place, group in enumerate(groups) for key in ([PAUSE] if place else []) + group]


def telephone_groups(text: str) -> list[str]:
    """The groups in which a number is said; its own, if it is written with spaces or dashes."""
    written = re.findall(r"[0-9]+", text)
    plain = "".join(written)
    if len(written) > 1 and max(map(len, written)) <= 5:
        return written
    if re.fullmatch(r"(?:86|0086)1[0-9]{10}", plain):
        return [plain[:-11], *telephone_groups(plain[-11:])]
    if re.fullmatch(r"1[0-9]{10}|0(?:10|2[0-9])[0-9]{8}", plain):
        return [plain[:3], plain[3:7], plain[7:]]
    if re.fullmatch(r"0[0-9]{10,11}", plain):
        return [plain[:4], *telephone_groups(plain[4:])]
    if len(plain) <= 5:
        return [plain] if plain else []
    first = {1: 3, 2: 3, 3: 3, 0: 4}[len(plain) % 4]
    return [plain[:first], *telephone_groups(plain[first:])]


def day(value: date, language: str, *, year: bool = False, weekday: bool = False) -> list[str]:
    """A date: zh 二零二六年十一月二十三日星期一, en Monday, November the twenty-third, twenty twenty-six."""
    named = [f"month-{value.month}", f"day-{value.day}"]
    of_week = [f"weekday-{value.isoweekday()}"] if weekday else []
    if language == "zh":
        in_year = [*(f"number-{sign}" for sign in str(value.year)), "year"] if year else []
        return in_year + named + of_week
    return of_week + named + (_en(en_year(value.year)) if year else [])


def clock(value: time, language: str) -> list[str]:
    """A time of the day: zh 下午三点半, en three thirty in the afternoon."""
    if language == "zh":
        hour = value.hour if value.hour <= 12 else value.hour - 12
        keys = [_ZH_PERIODS[zh_period(value.hour)], *number(hour, "zh", counted=True), "oclock"]
        if value.minute == 30:
            return [*keys, "half"]
        if value.minute:
            keys += (["number-0"] if value.minute < 10 else []) + [*number(value.minute, "zh"), "minute"]
        return keys
    keys = number((value.hour - 1) % 12 + 1, "en")
    if value.minute:
        keys += (["oh"] if value.minute < 10 else []) + number(value.minute, "en")
    else:
        keys.append("oclock")
    return [*keys, _EN_PERIODS[en_period(value.hour)]]


def span(value: timedelta, language: str) -> list[str]:
    """How long something lasts, in days, hours and minutes; below a minute in seconds. Negative spans are none."""
    total_s = max(0, round(value.total_seconds()))
    days, rest_s = divmod(total_s, 86_400)
    hours, rest_s = divmod(rest_s, 3_600)
    minutes, seconds = divmod(rest_s, 60)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    said = [part for part in parts if part[0]] or [(seconds, "second")]
    keys: list[str] = []
    for count, unit in said:
        keys += [f"one-{unit}"] if count == 1 else [*number(count, language, counted=True), f"{unit}s"]
    return keys


def place(position: int) -> list[str]:
    """Which place in the queue the caller has, 1 being the next."""
    return [f"place-{position}"] if position <= PLACES else ["place-more"]
