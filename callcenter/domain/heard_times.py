"""By when a caller wishes an answer: the day they name beside words of replying.

A day alone is no wish (今天上午我在三号窗口办手续), nor is a day on which somebody else was to call or did.
"""

from __future__ import annotations

import re
from datetime import date

from callcenter.domain.heard_names import Found
from callcenter.domain.tickets import WishedReply

_ZH_DAYS = "一二三四五六日"
_ZH_DAY = re.compile(
    r"(?P<today>今天|今日|今晚|今儿|(?<!上)(?<!刚)下班(?:之|以)?前)|(?P<tomorrow>明天|明日|明早|明晚|明儿)|(?P<after>后天)"
    r"|(?P<next>下个?(?:周|星期|礼拜)[一二三四五六日天]?|上个?(?:周|星期|礼拜)[一二三四五六日天]?)"
    r"|(?:这|本|这个)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-6])"
    r"|(?P<week>(?:这|本|这个)(?:周|星期|礼拜)|周末)"
)
_ZH_MORE = re.compile(
    r"(?:之内|以内|内)?(?:早上|上午|中午|下午|晚上|傍晚)?(?:[0-9零一二两三四五六七八九十]{1,3}点(?:半|钟|[0-9零一二三四五六七八九十]{1,3}分?)?)?"
    r"(?:下班)?(?:之前|以前|之后|以后|前|后|左右)?"
)
_ZH_REPLY = (
    r"回复|答复|回话|(?:回|打|来)个?(?:电话|信)|回电|来电|通知我"
    r"|告诉我|联系我|跟我联系|和我联系|给我(?:一个|个)?(?:回(?:复|话|个?电话)?|答复|消息|结果)|接(?:听)?电话|找我"
)
_ZH_NO = re.compile(
    r"不用|不必|不要|别|没|(?:给|跟|和)(?:你|您|他|她)|(?:说|讲|答应|承诺)(?:过|了|好的?)?$|打过|回过|了电话"
)

_EN_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EN_DAY = re.compile(
    r"\b(?:(?P<next>(?:next|last)\s(?:week|monday|tuesday|wednesday|thursday|friday|saturday|sunday))"
    r"|(?:by |before |on |until |until the |by the )?(?:"
    r"(?P<today>today|tonight|this (?:morning|afternoon|evening)|end of the day)"
    r"|(?P<after>the day after tomorrow)|(?P<tomorrow>tomorrow)"
    rf"|(?:this )?(?P<weekday>{'|'.join(_EN_DAYS)})"
    r"|(?P<week>(?:(?:the )?end of )?(?:this|the) week|this weekend)))\b",
    re.IGNORECASE,
)
_EN_MORE = re.compile(
    r"(?:\s(?:morning|afternoon|evening|night|(?:after|before|at|around|by)\s(?:lunch|noon|work|[a-z]+|[0-9]{1,2}(?::[0-9]{2})?)"
    r"(?:\so'clock|\s?[ap]\.?m\b)?))*",
    re.IGNORECASE,
)
_EN_REPLY = (
    r"\b(?:(?:call|ring|phone|contact|reach|tell|text|write)(?: to)? me|call back|get back to me"
    r"|give me a (?:call|ring)|hear from you|let me know"
    r"|(?:an? |your )?(?:answer|reply|response)|respond)\b"
)
_EN_NO = re.compile(
    r"\b(?:don'?t|do not|no need|needn'?t|not|never|said|promised|supposed|told|would|he|she|they)\b",
    re.IGNORECASE,
)

_FAR = {"zh": (16, 8), "en": (45, 45)}
"""Characters that may lie between the day and the words of replying behind it, or before it."""
_NEAR = 80
"""Characters on either side that are looked at."""
_STOPS = re.compile(r"[。！？!?;；]|\.(?!\d)")


def find_wish(text: str, language: str, spoken_on: date) -> tuple[WishedReply, Found] | None:
    """The earliest wish, with the words that say it; `spoken_on` is the local day of the message.

    What no choice of the form fits, such as next week, is passed over.
    """
    found = [
        (wish, words)
        for match in (_ZH_DAY if language == "zh" else _EN_DAY).finditer(text)
        if (wish := _wish(match, spoken_on)) and (words := _asked(text, match, language))
    ]
    order = list(WishedReply)
    return min(found, key=lambda each: order.index(each[0]), default=None)


def _wish(match: re.Match[str], spoken_on: date) -> WishedReply | None:
    if match["next"]:
        return None
    if match["week"]:
        return WishedReply.THIS_WEEK
    if match["today"]:
        return WishedReply.TODAY
    days = 1 if match["tomorrow"] else 2
    if match["weekday"]:
        named = match["weekday"].lower().replace("天", "日")
        if named in _EN_DAYS:
            weekday = _EN_DAYS.index(named)
        else:
            weekday = int(named) - 1 if named.isdigit() else _ZH_DAYS.index(named)
        days = weekday - spoken_on.weekday()
    if days in (0, 1):
        return (WishedReply.TODAY, WishedReply.TOMORROW)[days]
    return WishedReply.THIS_WEEK if 0 < days <= 6 - spoken_on.weekday() else None


def _asked(text: str, day: re.Match[str], language: str) -> Found | None:
    """The words of replying beside the day; None if there are none, or they ask for nothing."""
    reply, no, more = (_ZH_REPLY, _ZH_NO, _ZH_MORE) if language == "zh" else (_EN_REPLY, _EN_NO, _EN_MORE)
    behind, before = _FAR[language]
    end = day.end()
    if rest := more.match(text, end):
        end = rest.end()
    value = text[day.start() : end]
    after = _STOPS.split(text[end : end + _NEAR], 1)[0]
    earlier = _STOPS.split(text[max(0, day.start() - _NEAR) : day.start()])[-1]
    if (match := re.search(reply, after, re.IGNORECASE)) and match.start() <= behind:
        between = earlier[-8 if language == "zh" else -30 :], after[: match.start()], after[match.end() :][:1]
        if not any(no.search(each) for each in between[:2]) and between[2] not in ("过", "了"):
            return Found(value=value, start=day.start(), end=end, words=text[day.start() : end + match.end()])
    asked = list(re.finditer(reply, earlier, re.IGNORECASE))
    if asked and len(earlier) - asked[-1].end() <= before:
        last = asked[-1]
        if not no.search(earlier[max(0, last.start() - 30) : last.start()]) and not no.search(
            earlier[last.end() :]
        ):
            start = day.start() - len(earlier) + last.start()
            return Found(value=value, start=day.start(), end=end, words=text[start:end].strip())
    return None
