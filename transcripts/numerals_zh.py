"""Chinese numbers: numbers read out digit by digit (幺三八…), counts (二百五十), hours, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transcripts.spans import Span

_DIGITS = {
    **{character: str(value) for value, character in enumerate("零一二三四五六七八九")},
    "〇": "0",
    "幺": "1",
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERALS = "零〇一二三四五六七八九十百千万亿两幺"

_RUN = re.compile(f"[{_NUMERALS}]+")
_SHARE = re.compile(f"([百千])分之([{_NUMERALS}]+)(?:点([{_NUMERALS}]+))?")
_FRACTION = re.compile(f"([{_NUMERALS}]+)分之([{_NUMERALS}]+)")
_GROUPS = re.compile(r"[零〇一二三四五六七八九幺\d]{2,}(?:[，,、\s-]+[零〇一二三四五六七八九幺\d]{2,})+")

_IDIOMS = re.compile(
    r"七七八八|三六九等|[一二三四五六七八九]+归一|十万八千里|十万火急|三百六十行|七十二变|十八般|三十六计|五十步笑百步"
    r"|三十而立|四十不惑|大?年三十|一百八十度|三天两头|八九不离十|(?<=[统唯单专同逐不])一|(?<![十百千零〇])一(?=下(?!午|半|周|学)|[直样起些边般定共旦切同致向再面方带会味律概阵贯])"
)
"""What is no number, though it looks like one."""
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)$")
_HOUR_BEFORE = re.compile(
    r"(?:上午|下午|中午|早上|早晨|晚上|凌晨|清晨|傍晚|半夜|夜里|今晚|明晚|明早|今早|点半?[到至]|[周期拜][一二三四五六日天])$"
)
_HOUR_AFTER = re.compile(r"点(?:半|钟|整|[一三]刻)")
_POINTS_MADE = re.compile(r"点(?:建议|意见|要求|原因|问题|理由|说明|想法|疑问|希望|注意)")
_COUNTED = re.compile(r"(?:有|这|那|以下|如下|第|提)$")
_ALWAYS = re.compile(r"月(?!票)|号(?!称|召|码)|楼|单元|元(?!素|旦|首)|块钱")
_FROM_THREE = re.compile(
    r"天|个?小时|分钟|秒|年(?!级|代|来)|个月|个工作日|个星期|公里|米|公斤|斤|岁|块|毛|层|栋|幢"
)
_TEN = re.compile(
    r"(?:天|个|小时|分钟|秒|年|月|号|日|公里|米|公斤|斤|岁|块|元|毛|层|楼|栋|幢|位|名|次|台|张|件|条|份|人|多|周|点)"
)
_MONEY_BEFORE = re.compile(f"[{_NUMERALS}]块$")
_MONEY_AFTER = re.compile(r"[毛角钱]|[\W_]|$")
_SOME = re.compile("[几数]$")
_NATIONAL_DAY = re.compile(r"国庆|放假|假期|长假|黄金周|期间")


def spans(text: str) -> list[Span]:
    """Every number of the text, from left to right."""
    found: list[Span] = []
    hidden = _IDIOMS.sub(lambda match: "\0" * len(match[0]), text)
    for pattern, write in ((_SHARE, _share), (_FRACTION, _fraction)):
        for match in pattern.finditer(hidden):
            if (said := write(match)) is not None:
                found.append(Span(start=match.start(), end=match.end(), text=said))
                hidden = _without(hidden, match.start(), match.end())
    for group in _GROUPS.finditer(hidden):
        if sum(character.isdigit() or character in _DIGITS for character in group[0]) >= 5:
            found += (
                Span(start=part.start(), end=part.end(), text=_digits(part[0]) or part[0])
                for part in _RUN.finditer(hidden, group.start(), group.end())
            )
            hidden = _without(hidden, group.start(), group.end())
    place = 0
    while run := _RUN.search(hidden, place):
        here = list(_of_run(hidden, run.start(), run.end()))
        found += here
        place = max(run.end(), here[-1].end if here else 0)
    return sorted(found, key=lambda span: span.start)


def _without(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


def _of_run(text: str, start: int, end: int) -> Iterator[Span]:
    """The numbers of one run of numerals; of an hour with minutes, or a decimal, the part behind 点 as well."""
    before, run, after = text[:start], text[start:end], text[end:]
    if _WEEKDAY.search(before) and run[0] in "一二三四五六":
        # 周六七点 is Saturday at seven; what else follows a weekday is not clear enough
        if len(run) > 1 and after.startswith("点"):
            yield from _of_run(text, start + 1, end)
        return
    if after.startswith("点"):
        clock = list(_around_dot(text, start, end))
        if clock:
            yield from clock
            return
    if (said := _said(before, run, after)) is not None:
        yield Span(start=start, end=end, text=said)


def _around_dot(text: str, start: int, end: int) -> Iterator[Span]:
    """An hour (三点二十) or a decimal (三点五): the numbers before and behind 点."""
    before, run, after = text[:start], text[start:end], text[end:]
    whole = cardinal(run)
    if whole is None:
        return
    behind = _RUN.match(text, end + 1)
    an_hour = whole <= 24 and bool(_HOUR_BEFORE.search(before) or _HOUR_AFTER.match(after))
    if behind is None or _HOUR_AFTER.match(after):
        named = an_hour or (len(run) > 1 and whole <= 24)
        if not named and run not in "一零〇幺" and whole <= 24:
            named = not (_POINTS_MADE.match(after) or _COUNTED.search(before))
        if named:
            yield Span(start=start, end=end, text=str(whole))
        return
    minutes = _minutes(behind[0])
    told = "十" in behind[0] or text.startswith("分", behind.end()) or (an_hour and behind[0][0] in "零〇")
    if whole <= 24 and minutes is not None and told:
        yield Span(start=start, end=end, text=str(whole))
        yield Span(start=behind.start(), end=behind.end(), text=minutes)
        return
    decimals = _digits(behind[0])
    if decimals is not None:
        yield Span(start=start, end=behind.end(), text=f"{whole}.{decimals}")


def _minutes(run: str) -> str | None:
    value = cardinal(run[1:]) if run[0] in "零〇" and len(run) == 2 else cardinal(run)
    return f"{value:02}" if value is not None and value < 60 else None


def _said(before: str, run: str, after: str) -> str | None:
    """The run in digits; None if it stays as it is."""
    figures = _digits(run)
    if figures is not None and len(run) == 1:
        return figures if _single(before, run, after) else None
    if figures is not None:
        clear = len(run) > 2 or any(character in "零〇幺" for character in run)
        year = after.startswith("年") and int(figures[1]) - int(figures[0]) not in (1, 2)
        mixed = _is_figure(before[-1:]) or _is_figure(after[:1])
        return figures if clear or year or mixed else None
    if run[0] in "十百千万亿" and _SOME.search(before):
        return None
    value = cardinal(run)
    if value is None or (run == "二百五" and not _FROM_THREE.match(after) and not _ALWAYS.match(after)):
        return None
    if run == "两":
        return "2" if re.match("元|块钱", after) else None
    if run == "十":
        deep = before.endswith("点") and after.startswith("分")
        return "10" if deep or _TEN.match(after) else None
    if run == "十一" and (before.endswith("双") or _NATIONAL_DAY.match(after)):
        return None
    return _short(value)


def _single(before: str, run: str, after: str) -> bool:
    if _is_figure(before[-1:]) or _is_figure(after[:1]):
        return True
    if _MONEY_BEFORE.search(before) and _MONEY_AFTER.match(after):
        return True
    if before.endswith("第") or run in "零〇幺":
        return False
    if after.startswith("日"):
        return before.endswith("月")
    return bool(_ALWAYS.match(after) or (run in "三四五六七八九" and _FROM_THREE.match(after)))


def _is_figure(character: str) -> bool:
    return character.isascii() and character.isdigit()


def _digits(run: str) -> str | None:
    """A run read digit by digit."""
    figures = [_DIGITS.get(character) for character in run]
    return "".join(figure for figure in figures if figure is not None) if None not in figures else None


def cardinal(run: str) -> int | None:
    """The number that a run counts; None for what is none: 五六十, 一五一十, 万一. 三千二 is 3200."""
    for mark, size in (("亿", 10**8), ("万", 10**4)):
        if mark in run:
            head, _, tail = run.rpartition(mark)
            high = cardinal(head)
            if not high or high >= 10**8:
                return None
            if not tail:
                return high * size
            if len(tail) == 1 and tail in "一二三四五六七八九":
                return high * size + int(_DIGITS[tail]) * size // 10
            low = cardinal(tail.lstrip("零〇")) if tail.strip("零〇") else None
            return high * size + low if low is not None and low < size else None
    return _under_ten_thousand(run)


def _under_ten_thousand(run: str) -> int | None:
    if run in ("零", "〇"):
        return 0
    total, smallest, zero, index = 0, 10_000, False, 0
    while index < len(run):
        character = run[index]
        index += 1
        if character in "零〇":
            if zero or smallest in (10, 10_000):
                return None
            zero = True
            continue
        if character == "十" and smallest > 10 and not zero:
            total, smallest = total + 10, 10
            continue
        value = 2 if character == "两" else int(_DIGITS[character]) if character in _DIGITS else 0
        if not value or character == "幺":
            return None
        if index == len(run):
            loose = smallest >= 100 and not zero and smallest < 10_000
            if character == "两" and total:
                return None
            return total + value * (smallest // 10 if loose else 1)
        unit = _UNITS.get(run[index])
        if unit is None or unit >= smallest or (character == "两" and unit == 10):
            return None
        total, smallest, zero = total + value * unit, unit, False
        index += 1
    return total if total and not zero else None


def _short(value: int) -> str:
    """Digits; whole ten thousands and hundred millions keep their word: 30万."""
    if value < 10**4 or value % 10**4:
        return str(value)
    hundred_millions, rest = divmod(value, 10**8)
    return (f"{hundred_millions}亿" if hundred_millions else "") + (f"{rest // 10**4}万" if rest else "")


def _share(match: re.Match[str]) -> str | None:
    of, run, decimals = match.groups()
    whole = 100 if run == "百" else cardinal(run)
    part = _digits(decimals) if decimals else ""
    if whole is None or part is None:
        return None
    return f"{whole}{'.' if part else ''}{part}{'%' if of == '百' else '‰'}"


def _fraction(match: re.Match[str]) -> str | None:
    below, above = cardinal(match[1]), cardinal(match[2])
    return f"{above}/{below}" if below and above is not None else None
