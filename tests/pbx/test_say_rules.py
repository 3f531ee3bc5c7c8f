"""What Asterisk's own Chinese rules would say of a number, and where that is not what Chinese says.

The evidence for composing numbers ourselves: none of its files exist here, so it names each of them in its log.
"""

from __future__ import annotations

import re

import pytest

from callcenter.domain.number_words import zh_number
from callcenter.runtime import asterisk_process
from tests.pbx.desk import TestDesk
from tests.polling import until

SIGNS = {
    **{str(value): sign for value, sign in enumerate("零一二三四五六七八九十")},
    **{f"{tens}0": f"{'一二三四五六七八九'[tens - 1]}十" for tens in range(2, 10)},
    **{"hundred": "百", "thousand": "千", "wan": "万", "yi": "亿"},
}

ALIKE = {
    **{2: "二", 10: "十", 12: "十二", 20: "二十", 23: "二十三", 99: "九十九"},
    **{100: "一百", 105: "一百零五", 250: "二百五十", 999: "九百九十九"},
    **{1000: "一千", 1005: "一千零五", 1250: "一千二百五十", 10_000: "一万"},
    **{12_000: "一万二千", 120_000: "十二万", 100_000_000: "一亿"},
}
OTHERWISE = {
    110: "一百十",
    115: "一百十五",
    1_010: "一千零十",
    2_000: "二千",
    2_200: "二千二百",
    20_000: "二万",
    10_110: "一万零一百十",
    200_000_000: "二亿",
}
"""Chinese says 一百一十, 一千零一十, 两千, 两万, 两亿."""


def _said(desk: TestDesk, value: int) -> str:
    """What Asterisk would say of a number, by the files it asks for."""
    log = asterisk_process.folder(desk.desk.settings) / "var" / "log" / "messages.log"
    before = log.stat().st_size
    # an ordinal behind it shows that the number is over
    for place, step in enumerate(
        ("Set(CHANNEL(language)=zh)", f"SayNumber({value})", "SayOrdinal(3)"), start=1
    ):
        desk.rx(f"dialplan add extension say-{value},{place},{step} into say-rules")
    desk.rx(f"channel originate Local/wait@say-rules/n extension say-{value}@say-rules")

    def asked() -> list[str]:
        added = log.read_bytes()[before:].decode("utf-8", "replace")
        return re.findall(r"File digits/(\S+) does not exist", added)

    until(lambda: "h-3" in asked(), 10, "its files")
    return "".join(SIGNS[name] for name in asked()[: asked().index("h-3")])


@pytest.fixture(scope="module")
def rules(quick_desk: TestDesk) -> TestDesk:
    """An extension that listens."""
    quick_desk.rx("module load res_clioriginate.so")
    for place, step in enumerate(("Answer()", "Wait(20)"), start=1):
        quick_desk.rx(f"dialplan add extension wait,{place},{step} into say-rules")
    return quick_desk


@pytest.mark.parametrize("value", ALIKE)
def test_its_rules_say_some_numbers_as_we_do(rules: TestDesk, value: int) -> None:
    assert _said(rules, value) == ALIKE[value] == zh_number(value)


@pytest.mark.parametrize("value", OTHERWISE)
def test_its_rules_say_others_as_chinese_does_not(rules: TestDesk, value: int) -> None:
    said = _said(rules, value)
    assert said == OTHERWISE[value]
    assert said != zh_number(value)
