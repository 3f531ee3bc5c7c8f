"""What is said of a caller before a briefing: who it is and what it is about, as far as both are known."""

from __future__ import annotations

import re

LONGEST_NAME = 30
_CHINESE = re.compile(r"[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})?(?:先生|女士|老师|同学|家长)?")
_LATIN = re.compile(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3}")
_NO_PERSON = re.compile(
    r"公司|集团|学校|大学|中学|小学|银行|酒店|医院|中心|办公室|热线|客服|未知|匿名|来电|号码|骚扰|诈骗|推销|快递|外卖"
    r"|\b(?:unknown|anonymous|private|withheld|unavailable|restricted|caller|wireless|number|line|ltd|inc|co|bank)\b",
    re.IGNORECASE,
)
_ZH = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_EN = dict(
    zip(
        "0123456789",
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        strict=True,
    )
)


def is_persons_name(text: str) -> bool:
    """Whether a display name of the network looks like a person's: 王小明, 陈先生, Mary Smith; no number, no firm."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or _NO_PERSON.search(name) or re.search(r"\d", name):
        return False
    return bool(_CHINESE.fullmatch(name) or _LATIN.fullmatch(name))


def read_out(*, name: str | None, number: str | None, matter: str | None, language: str) -> str:
    """The sentences, such as `来电者：张雨晴。事项：热水故障。`; empty when nothing is known.

    Without a name the number is read digit by digit, if it can be dialled.
    """
    who = name or spoken_number(number or "", language)
    said = []
    if who:
        said.append(f"来电者：{who}。" if language == "zh" else f"Caller: {who}.")
    if matter:
        said.append(f"事项：{matter}。" if language == "zh" else f"Matter: {matter}.")
    return ("" if language == "zh" else " ").join(said)


def spoken_number(number: str, language: str) -> str:
    """A telephone number as it is read, 幺 for 1, in groups; empty for what is none."""
    digits = number.removeprefix("+")
    if not re.fullmatch(r"\d{3,15}", digits):
        return ""
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    heads = [digits[:3], *(digits[at : at + 4] for at in range(3, len(digits), 4))]
    if language == "zh":
        return "，".join("".join(_ZH[each] for each in group) for group in heads)
    return ", ".join(" ".join(_EN[each] for each in group) for group in heads)
