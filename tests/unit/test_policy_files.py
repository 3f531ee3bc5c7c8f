"""Policy files: what is wrong with one is said with the place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.domain.clocks import ServiceTime, WorkingDays
from callcenter.policy_files import BadPolicy, read_policy, shipped_policies

GOOD = """
name = "test"
title = { zh = "测试" }
languages = ["zh"]
default_complexity = "complex"
hours = { zone = "Asia/Shanghai", working_day = ["08:30-12:00", "14:00-17:30"], saturday = ["09:00-11:00"] }
channels = [{ key = "phone", names = { zh = "电话" } }, { key = "wechat", names = { zh = "微信" } }]
kinds = [{ key = "inquiry", names = { zh = "咨询" } }]
complexities = [{ key = "simple", names = { zh = "简单" } }, { key = "complex", names = { zh = "复杂" } }]
[[clocks]]
rule = "H12"
channel = "phone"
starts = "opened"
stops = "resolved"
working_days = { simple = 1, complex = 3 }
[[clocks]]
rule = "H13"
channel = "wechat"
starts = "message"
stops = "replied"
minutes = 5
runs = "service_hours"
"""


def write(folder: Path, text: str) -> Path:
    """The text as a file."""
    path = folder / "test.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_one(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, GOOD))
    assert list(policy.clocks) == ["h12-simple", "h12-complex", "h13"]
    assert policy.clock("h12-complex").limit == WorkingDays(days=3)
    assert policy.clock("h13").limit == ServiceTime(span=timedelta(minutes=5))
    fitting = [clock.name for clock in policy.clocks.values() if clock.fits("phone", "inquiry", "simple")]
    assert fitting == ["h12-simple"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "test"', "name = ", "test.toml: Invalid value"),
        ('name = "test"\n', "", "test.toml: name: is missing"),
        ('name = "test"', "name = 3", "test.toml, line 2: name: 3 does not fit, write for example name = "),
        ('name = "test"', 'name = "test"\ncolour = 1', "test.toml, line 3: colour: nobody knows this"),
        ("Asia/Shanghai", "Asia/Huizhou", "test.toml, line 6: hours.zone: 'Asia/Huizhou'"),
        ("08:30-12:00", "8.30-12", "hours.working_day: '8.30-12'"),
        ("14:00-17:30", "11:00-17:30", "does not follow in order"),
        ("14:00-17:30", "14:00-14:00", "does not follow in order"),
        (
            '"complex"\nhours',
            '"hard"\nhours',
            "test.toml, line 5: default_complexity: 'hard' is unknown; one of simple, complex",
        ),
        (
            "simple = 1, complex",
            "easy = 1, complex",
            "working_days.easy: is no complexity or kind of this policy; there is simple, complex",
        ),
        (
            "simple = 1, complex = 3",
            "simple = 0, complex = 3",
            "clocks[0].working_days.simple: 0 is too small: 1 or more",
        ),
        ("minutes = 5", "minutes = true", "clocks[1].minutes: True"),
        ("minutes = 5", "minutes = 5\nhours = 1", "clocks[1]: one of seconds"),
        ("minutes = 5", "", "clocks[1]: one of seconds"),
        (
            '"service_hours"',
            '"sometimes"',
            "clocks[1].runs: 'sometimes' is unknown; one of service_hours, always",
        ),
        ('rule = "H13"', 'rule = "H13"\ncolour = 1', "clocks[1].colour: nobody knows this"),
        (
            'kinds = [{ key = "inquiry", names = { zh = "咨询" } }]',
            "kinds = []",
            "kinds: at least one is needed",
        ),
    ],
)
def test_a_bad_one_says_where(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(BadPolicy) as raised:
        read_policy(write(tmp_path, GOOD.replace(old, new)))
    assert message in str(raised.value)


def test_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="No such file"):
        read_policy(tmp_path / "none.toml")


def test_the_shipped_ones_are_good() -> None:
    assert [read_policy(path).name for path in shipped_policies()] == [
        path.stem for path in shipped_policies()
    ]
