"""Numbers, dates and times in words, as Chinese and English say them."""

from __future__ import annotations

from datetime import date, time

MOST = 999_999_999

ZH_DIGITS = "零一二三四五六七八九"
_ZH_PLACES = ("", "十", "百", "千")
_ZH_GROUPS = ("", "万", "亿")

EN_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_EN_GROUPS = ("", "thousand", "million")

ZH_WEEKDAYS = tuple(f"星期{sign}" for sign in "一二三四五六日")
EN_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EN_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class NotSaid(ValueError):
    """A number that nobody says on the telephone: it has to be between 0 and 999,999,999."""


def zh_number(number: int, *, counted: bool = False) -> str:
    """A number up to MOST in Chinese: 二百五十, 一千零五, 两千, 一万二千; raises NotSaid.

    两 opens thousands and what is more (两万二千); `counted`: a measure word follows, so that two alone is 两 too.
    """
    if not 0 <= number <= MOST:
        raise NotSaid
    if number < 10:
        return "两" if counted and number == 2 else ZH_DIGITS[number]
    words, gap = "", False
    for place in (2, 1, 0):
        group = number // 10_000**place % 10_000
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1_000):
            words += "零"
        words += _zh_group(group) + _ZH_GROUPS[place]
        gap = False
    if words.startswith("一十"):
        words = words[1:]
    if words.startswith("二") and words[1] in "千万亿":
        words = "两" + words[1:]
    return words


def _zh_group(group: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + ZH_DIGITS[digit] + _ZH_PLACES[place]
        gap = not digit
    return words


def en_number(number: int) -> str:
    """A number up to MOST in English: one thousand and five, twenty-one; raises NotSaid."""
    if not 0 <= number <= MOST:
        raise NotSaid
    if number < 20:
        return EN_ONES[number]
    words: list[str] = []
    for place in (2, 1, 0):
        group = number // 1_000**place % 1_000
        if group:
            if words and not place and group < 100:
                words.append("and")
            words.append(f"{_en_group(group)} {_EN_GROUPS[place]}".strip())
    return " ".join(words)


def _en_group(group: int) -> str:
    hundreds, rest = divmod(group, 100)
    words = [f"{EN_ONES[hundreds]} hundred"] if hundreds else []
    if hundreds and rest:
        words.append("and")
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(EN_TENS[tens - 2] + (f"-{EN_ONES[ones]}" if ones else ""))
    elif rest:
        words.append(EN_ONES[rest])
    return " ".join(words)


def en_ordinal(number: int) -> str:
    """Which in a row, in English: twenty-third; raises NotSaid."""
    words = en_number(number)
    start, join, last = words.rpartition("-")
    if not join:
        start, join, last = words.rpartition(" ")
    irregular = {
        "one": "first",
        "two": "second",
        "three": "third",
        "five": "fifth",
        "eight": "eighth",
        "nine": "ninth",
        "twelve": "twelfth",
    }
    if last in irregular:
        last = irregular[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last += "th"
    return f"{start}{join}{last}"


def zh_digits(text: str, *, telephone: bool = True) -> str:
    """Digit by digit; 1 is 幺 in telephone and room numbers, 一 in years."""
    return "".join(ZH_DIGITS[int(sign)] for sign in text).replace("一", "幺" if telephone else "一")


def zh_year(year: int) -> str:
    """二零二六年."""
    return f"{zh_digits(str(year), telephone=False)}年"


def en_year(year: int) -> str:
    """Twenty twenty-six; two thousand and five; nineteen hundred."""
    century, rest = divmod(year, 100)
    if not 1_000 <= year <= 9_999 or (rest < 10 and not century % 10):
        return en_number(year)
    if not rest:
        return f"{en_number(century)} hundred"
    return f"{en_number(century)} {'oh ' if rest < 10 else ''}{en_number(rest)}"


def zh_date(day: date, *, year: bool = True, weekday: bool = False) -> str:
    """二零二六年十一月二十三日星期一."""
    named = f"{zh_number(day.month)}月{zh_number(day.day)}日"
    return (zh_year(day.year) if year else "") + named + (ZH_WEEKDAYS[day.weekday()] if weekday else "")


def en_date(day: date, *, year: bool = True, weekday: bool = False) -> str:
    """Monday, November the twenty-third, twenty twenty-six."""
    named = f"{EN_MONTHS[day.month - 1]} the {en_ordinal(day.day)}"
    before = f"{EN_WEEKDAYS[day.weekday()]}, " if weekday else ""
    return before + named + (f", {en_year(day.year)}" if year else "")


def zh_period(hour: int) -> str:
    """The part of the day: midnight to 5 凌晨, to 8 早上, to 12 上午, to 13 中午, to 18 下午, then 晚上."""
    for end, name in ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午"), (18, "下午")):
        if hour < end:
            return name
    return "晚上"


def zh_time(at: time) -> str:
    """下午三点半, 下午三点, 下午三点零五分, 凌晨零点十分; half past alone has a word of its own."""
    hour = at.hour if at.hour <= 12 else at.hour - 12
    words = f"{zh_period(at.hour)}{zh_number(hour, counted=True)}点"
    if at.minute == 30:
        return f"{words}半"
    if at.minute:
        return f"{words}{'零' if at.minute < 10 else ''}{zh_number(at.minute)}分"
    return words


def en_period(hour: int) -> str:
    """The part of the day: to 5 at night, then in the morning, from noon in the afternoon, from 6 in the evening."""
    for end, name in ((5, "at night"), (12, "in the morning"), (18, "in the afternoon")):
        if hour < end:
            return name
    return "in the evening"


def en_time(at: time) -> str:
    """Three thirty in the afternoon, three o'clock in the afternoon, three oh five in the afternoon."""
    words = en_number((at.hour - 1) % 12 + 1)
    if at.minute:
        words += f" {'oh ' if at.minute < 10 else ''}{en_number(at.minute)}"
    else:
        words += " o'clock"
    return f"{words} {en_period(at.hour)}"
