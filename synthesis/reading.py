"""Text as it is written to text as it is read: figures, dates, times, signs in words; what has no sound is left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time

from callcenter.domain.number_words import (
    MOST,
    en_date,
    en_number,
    en_ordinal,
    en_time,
    en_year,
    zh_date,
    zh_digits,
    zh_number,
    zh_time,
    zh_year,
)
from callcenter.domain.spoken import telephone_groups

_MARKS = str.maketrans(
    {
        **dict.fromkeys("。．｡", "。"),
        **dict.fromkeys("、､", "、"),
        **dict.fromkeys("「『“”《〈【〔»«\"'‘’」』》〉】〕", " "),
        **dict.fromkeys("（([{", ","),
        **dict.fromkeys("）)]}", ","),
        **dict.fromkeys("—–―‐‑−", "-"),
        **dict.fromkeys("～〜∼", "~"),
        "…": "。",
        "·": " ",
        "​": "",
    }
)
_ZH_SIGNS = {
    "%": "百分号",
    "+": "加",
    "=": "等于",
    "&": "和",
    "@": "艾特",
    "/": "斜杠",
    "*": "星号",
    "#": "井号",
    "℃": "摄氏度",
    "$": "美元",
    "¥": "元",
    "€": "欧元",
    "~": "到",
    "_": "下划线",
    "<": "小于",
    ">": "大于",
    "°": "度",
    "×": "乘",
}
_EN_SIGNS = {
    "%": "percent",
    "+": "plus",
    "=": "equals",
    "&": "and",
    "@": "at",
    "/": "slash",
    "*": "star",
    "#": "hash",
    "℃": "degrees Celsius",
    "$": "dollars",
    "¥": "yuan",
    "€": "euros",
    "~": "to",
    "_": "underscore",
    "<": "less than",
    ">": "greater than",
    "°": "degrees",
    "×": "times",
}
_COUNTED = "个位名天点周年次件份条种家间台本张辆只小人套批块户笔样岁"
"""Measure words before which two is 两; before 月, 号, 楼 and others it is 二."""

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[-/.]|\s*年\s*)(\d{1,2})(?:[-/.]|\s*月\s*)(\d{1,2})(?!\d)\s*[日号]?"
)
_TIME = re.compile(
    r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d:])\s*(?:([ap])\.?m\b\.?)?", re.IGNORECASE
)
_MOBILE = re.compile(r"(?<!\d)(\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_FIXED = re.compile(r"(?<!\d)(0\d{2,3})[- ](\d{7,8})(?!\d)|(?<!\d)([48]00)[- ]?(\d{3})[- ]?(\d{4})(?!\d)")
_ROOM = re.compile(r"(?<!\d)(\d{3,5})(?=\s*(?:号房|室|房|教室|宿舍))")
_NUMBER = re.compile(r"(?<![\d.])(-)?(\d+(?:,\d{3})*)(\.\d+)?")


def readable(text: str, language: str) -> str:
    """The text in words that can be spoken, on one line; empty if there are none."""
    plain = unicodedata.normalize("NFKC", text.replace("℃", " ℃ ")).replace("°C", "℃").translate(_MARKS)
    plain = "".join(_kept(sign) for sign in plain)
    for pattern, zh, en in _RULES:
        plain = pattern.sub(zh if language == "zh" else en, plain)
    plain = re.sub(  # what no rule had a meaning for
        r"\d",
        lambda found: zh_digits(found[0]) if language == "zh" else f" {en_number(int(found[0]))} ",
        plain,
    )
    signs = _ZH_SIGNS if language == "zh" else _EN_SIGNS
    plain = "".join(f" {signs[sign]} " if sign in signs else sign for sign in plain)
    if language == "zh":
        plain = re.sub(r"(?<=[一-鿿]) +(?=[一-鿿])", "", plain)
    plain = re.sub(r"[,，、](?=\s*[,，、。.!?！？;；:：])", "", plain)
    return re.sub(r"\s+(?=[,.;:!?]|$)|(?<=\s)\s+", "", re.sub(r"\s", " ", plain)).strip(" ,，、-")


def _kept(sign: str) -> str:
    """The sign if there is a way to say it or to pause for it, else a gap."""
    if sign in "\n\r":
        return "。"
    category = unicodedata.category(sign)
    if category in ("Mn", "Me", "Cf"):
        return ""
    if sign.isascii():
        return sign if sign.isprintable() else " "
    if sign in _ZH_SIGNS or sign in "。、，；：？！":
        return sign
    if category[0] == "L" and (_is_chinese(sign) or unicodedata.name(sign, "").startswith("LATIN")):
        return sign
    return " "


def _is_chinese(sign: str) -> bool:
    return "㐀" <= sign <= "鿿"


Rule = Callable[[re.Match[str]], str]


def _zh_date(found: re.Match[str]) -> str:
    day = _date(found)
    return f"{zh_date(day)} " if day else found[0]


def _en_date(found: re.Match[str]) -> str:
    day = _date(found)
    return f"{en_date(day)} " if day else found[0]


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(*(int(found[place]) for place in (1, 2, 3)))
    except ValueError:
        return None


def _at(found: re.Match[str]) -> time:
    hour = int(found[1])
    if found[3] and hour <= 12:
        hour = hour % 12 + (12 if found[3] in "pP" else 0)
    return time(hour, int(found[2]))


def _zh_groups(*groups: str) -> str:
    return "，" + "，".join(zh_digits(group) for group in groups if group) + "，"


def _en_groups(*groups: str) -> str:
    return (
        ", " + ", ".join(" ".join(en_number(int(sign)) for sign in group) for group in groups if group) + ", "
    )


def _mobile(found: re.Match[str]) -> tuple[str, ...]:
    return ("86" if found[1] else "", found[2], found[3], found[4])


def _fixed(found: re.Match[str]) -> tuple[str, ...]:
    return (found[1], *telephone_groups(found[2])) if found[1] else (found[3], found[4], found[5])


def _zh_number(found: re.Match[str]) -> str:
    whole = found[2].replace(",", "")
    after = found.string[found.end() :].lstrip()
    before = found.string[: found.start()]
    sign = "" if not found[1] else "杠" if re.search(r"\w$", before) else "负"
    if found[3]:
        said = f"{_zh_whole(whole)}点{zh_digits(found[3][1:], telephone=False)}"
    elif len(whole) == 4 and after.startswith("年"):
        said = zh_year(int(whole))[:-1]
    elif len(whole) >= 7 or (len(whole) > 1 and whole[0] == "0"):
        return sign + _zh_groups(*telephone_groups(whole)).strip("，")
    else:
        said = _zh_whole(whole)
        if whole == "2" and after and after[0] in _COUNTED and not before.endswith("第"):
            said = "两"
    return sign + said


def _zh_whole(whole: str) -> str:
    return zh_number(int(whole)) if int(whole) <= MOST else zh_digits(whole)


def _en_number(found: re.Match[str]) -> str:
    whole = found[2].replace(",", "")
    before = found.string[: found.start()]
    sign = ""
    if found[1]:
        sign = (
            " to " if before.rstrip()[-1:].isdigit() else " dash " if re.search(r"\w$", before) else "minus "
        )
    if found[3]:
        point = " ".join(en_number(int(digit)) for digit in found[3][1:])
        return f"{sign}{_en_whole(whole)} point {point}"
    if len(whole) >= 7 or (len(whole) > 1 and whole[0] == "0"):
        return sign + _en_groups(*telephone_groups(whole)).strip(", ")
    if (
        len(whole) == 4
        and whole[:2] in ("19", "20")
        and re.search(r"\b(in|since|of|year)\s*$", before, re.IGNORECASE)
    ):
        return sign + en_year(int(whole))
    return sign + _en_whole(whole)


def _en_whole(whole: str) -> str:
    return en_number(int(whole)) if int(whole) <= MOST else " ".join(en_number(int(digit)) for digit in whole)


_RULES: tuple[tuple[re.Pattern[str], Rule, Rule], ...] = (
    (_DATE, _zh_date, _en_date),
    (_TIME, lambda found: f" {zh_time(_at(found))} ", lambda found: f" {en_time(_at(found))} "),
    (_MOBILE, lambda found: _zh_groups(*_mobile(found)), lambda found: _en_groups(*_mobile(found))),
    (_FIXED, lambda found: _zh_groups(*_fixed(found)), lambda found: _en_groups(*_fixed(found))),
    (
        _ROOM,
        lambda found: zh_digits(found[1]),
        lambda found: " ".join(en_number(int(sign)) for sign in found[1]),
    ),
    (
        re.compile(r"\b(?:Room|room|ROOM|extension|Extension) (\d{3,5})\b"),
        lambda found: f"{found[0].split()[0]} {zh_digits(found[1])}",
        lambda found: f"{found[0].split()[0]} {' '.join(en_number(int(sign)) for sign in found[1])}",
    ),
    (
        re.compile(r"(\d+(?:\.\d+)?)\s*%"),
        lambda found: f"百分之{found[1]}",
        lambda found: f"{found[1]} percent",
    ),
    (
        re.compile(r"[¥￥](\d+(?:,\d{3})*(?:\.\d+)?)"),
        lambda found: f"{found[1]}元",
        lambda found: f"{found[1]} yuan",
    ),
    (
        re.compile(r"\$(\d+(?:,\d{3})*(?:\.\d+)?)"),
        lambda found: f"{found[1]}美元",
        lambda found: f"{found[1]} dollars",
    ),
    (
        re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)\b"),
        lambda found: f"第{zh_number(int(found[1]))}",
        lambda found: en_ordinal(int(found[1])),
    ),
    (re.compile(r"(?<=\d)\s*~\s*(?=\d)"), lambda found: "到", lambda found: " to "),
    (
        re.compile(r"(?<![\d-])([1-9]\d{0,3})-([1-9]\d{0,3})(?![\d-])"),
        lambda found: f"{found[1]}到{found[2]}",
        lambda found: f"{found[1]} to {found[2]}",
    ),
    (_NUMBER, _zh_number, lambda found: f" {_en_number(found)} "),
)
