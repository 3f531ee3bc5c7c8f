"""Policy files and lists of holidays that are meant to do harm are refused with a word on what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import pytest

from callcenter.holidays import ChineseHolidays
from callcenter.own_holidays import read_holidays
from callcenter.policy_files import BadPolicy, read_policy_text

SHIPPED = (resources.files("callcenter.policies") / "huizhou-school.toml").read_text("utf-8")


def policy(text: str) -> object:
    return read_policy_text("ours.toml", text)


def holidays(text: str) -> object:
    return read_holidays(text, ChineseHolidays())


@pytest.mark.parametrize("read", [policy, holidays])
@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 3000 + "]" * 3000,
        "a = " + "{a=" * 2000 + "1" + "}" * 2000,
        "a." * 3000 + "b = 1",
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 100_000,
        "a = inf",
        "a = '\x00'",
        'a = "\\ud800"',
        "a = 9999-12-31T23:59:59-23:59",
        '[2027]\noff = ["0001-01-01/9999-12-31"]',
        '["20\u0662\u0667"]\noff = ["2027-01-01"]',
    ],
)
def test_what_breaks_a_parser_is_a_bad_file(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadPolicy):
        read(text)


@pytest.mark.parametrize("key", ["seconds", "minutes", "hours", "working_days", "points", "checks_per_month"])
@pytest.mark.parametrize("number", ["100001", "1" + "0" * 19])
def test_a_number_beyond_all_sense_is_refused(key: str, number: str) -> None:
    before, line = SHIPPED.split(f"\n{key} = ", 1)
    with pytest.raises(BadPolicy, match=f"{key}.*too large"):
        policy(f"{before}\n{key} = {number}\n{line.partition(chr(10))[2]}")


@pytest.mark.parametrize("control", ["\\u0000", "\\u001b[2J", "\\u0085"])
def test_control_characters_are_in_no_text(control: str) -> None:
    """The database cannot hold the first, a terminal obeys the second."""
    with pytest.raises(BadPolicy, match="control"):
        policy(SHIPPED.replace('\nname = "', f'\nname = "{control}', 1))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("key", ["a[b", "a.", "a]", "a[0]x", "..", "[", "a\\u001b[2Jb"])
def test_a_key_of_any_characters_is_named_and_moves_no_cursor(key: str) -> None:
    with pytest.raises(BadPolicy, match="nobody knows this") as caught:
        policy(f'{SHIPPED}\n["{key}"]\n')
    assert "\x1b" not in str(caught.value)
