"""Personal data in what was said, hidden: telephone and ID-card numbers, however written, mail addresses, names."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"

LEAST_DIGITS = 7
"""A shorter number is a room, a year, a sum."""

_DIGIT = r"[0-9０-９零〇一二三四五六七八九幺两]"
_NUMBER = re.compile(
    rf"(?<![0-9０-９]){_DIGIT}(?:[\s,，、.。·/()（）—–-]{{0,3}}{_DIGIT}){{{LEAST_DIGITS - 1},}}[Xx]?"
)
_SPOKEN_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|(?:double|triple)\s+\w+)"
_SPOKEN_NUMBER = re.compile(
    rf"\b{_SPOKEN_DIGIT}(?:[\s,.-]+{_SPOKEN_DIGIT}){{{LEAST_DIGITS - 1},}}\b", re.IGNORECASE
)
_OWN_NAME_ZH = re.compile(
    r"((?:我的?名字[叫是]|我名叫|我叫|叫我|本人叫?|姓名是?)[:：，, ]*)([\u4e00-\u9fff·]{2,4}?)"
    r"(?=[是的在住来想要有，。,.！!？?；;：:\s]|我|$)"
    r"|((?:我的?名字[叫是]|我名叫|我叫)[:：，, ]*)([\u4e00-\u9fff·]{2,3})"
)
_SURNAME_ZH = re.compile(r"(我姓|免贵姓)([\u4e00-\u9fff])")
_OWN_NAME_EN = re.compile(
    r"\b((?i:my name is|my name's|i am called|this is|i'm|it's)\s+)([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,3})"
)
_SOUNDED = r"(?!(?:and|from|calling|the|my|not|i'm)\b)[a-z][\w'’-]+"
_OWN_NAME_SOUNDED = re.compile(rf"\b(?i:my name is|my name's|i am called)\s+({_SOUNDED}(?:\s+{_SOUNDED})?)")
"""As a recogniser writes it that knows no capitals."""
_MAIL = re.compile(r"(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TITLES = re.compile(r"(?:先生|女士|小姐|同学|老师|师傅|阿姨)$")


def masked(text: str, names: Iterable[str | None] = ()) -> str:
    """The text without the numbers and names of people; `names` are those known otherwise, such as the contact's.

    A name that somebody gives as their own is hidden wherever it stands. Better too much than too little.
    """
    known = {name for each in names if each for name in _forms(each)}
    for match in _OWN_NAME_ZH.finditer(text):
        known.add(match[2] or match[4])
    known |= {match[2] for match in _OWN_NAME_EN.finditer(text)}
    known |= {match[1] for match in _OWN_NAME_SOUNDED.finditer(text)}
    hidden = _SPOKEN_NUMBER.sub(HIDDEN, _NUMBER.sub(HIDDEN, _MAIL.sub(HIDDEN, text)))
    for name in sorted(known, key=len, reverse=True):
        hidden = re.sub(re.escape(name), HIDDEN, hidden, flags=re.IGNORECASE)
    return _SURNAME_ZH.sub(rf"\1{HIDDEN}", hidden)


def _forms(name: str) -> Iterable[str]:
    """A name as it may be said: whole, without its title, each of a Latin name's longer words."""
    whole = name.strip()
    bare = _TITLES.sub("", whole)
    yield from (each for each in (whole, bare) if len(each) >= 2)
    if whole.isascii():
        yield from (word for word in re.split(r"[\s.]+", whole) if len(word) >= 3)
