"""A policy in plain words: every stored key has a name in both languages, and the command prints what the file says."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli import application
from callcenter.domain.policy import RuleBook
from callcenter.errors import ShouwenError
from callcenter.policy_clocks import EVENTS
from callcenter.policy_event_words import EVENT_WORDS, OWN_FIELD_WORDS, SHOWN_WORDS, WEIGHT_WORDS
from callcenter.policy_files import read_policy_text, shipped_policies
from callcenter.policy_forms import OWN_FIELDS, SHOWS, WEIGHTS
from callcenter.policy_words import clock_sentence, policy_text, what_stops

NAMES = ("huizhou-school", "one-stop-station", "training-centre")


def test_every_stored_key_has_words() -> None:
    assert set(EVENT_WORDS) == set(EVENTS)
    assert set(OWN_FIELD_WORDS) == set(OWN_FIELDS)
    assert set(SHOWN_WORDS) == set(SHOWS)
    assert set(WEIGHT_WORDS) == set(WEIGHTS)


def everything(rule_book: RuleBook, name: str, language: str) -> str:
    text = policy_text(rule_book.of(name).policy, language)
    lines = [text.title]
    for section in text.sections:
        lines += [section.title, *section.sentences]
        if section.grid:
            width = len(section.grid.head)
            assert all(len(row) == width for row in section.grid.rows)
            lines += [" | ".join(row) for row in section.grid.rows]
    return "\n".join(lines)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_it_names_every_rule_and_no_stored_key(rule_book: RuleBook, name: str, language: str) -> None:
    policy = rule_book.of(name).policy
    said = everything(rule_book, name, language)
    for rule in {clock.rule for clock in policy.clocks.values()} | {note.rule for note in policy.rules}:
        assert f"{rule} |" in said
    for key in EVENTS:
        assert "_" not in key or key not in said


@pytest.mark.rule("H12", "H20")
def test_clocks_in_chinese(rule_book: RuleBook) -> None:
    said = everything(rule_book, "huizhou-school", "zh")
    assert (
        "H12 | 电话 | 从登记或重新办理到告知结果 | 简单 1 个工作日、一般 2 个工作日、复杂 3 个工作日" in said
    )
    assert "到期前 4 小时提醒；等候材料期间暂停；经批准可延期" in said
    assert (
        "H20 | 各渠道，投诉 | 从转责任部门到材料送责任部门、报告负责人、告知投诉人程序和预计时间 | 1 个工作日"
        in said
    )
    assert "工作日 08:30–12:00、14:00–17:30 开放" in said
    assert "不满意 | 3 | 自动重新办理" in said


@pytest.mark.rule("S10", "S11", "S12")
def test_clocks_in_english(rule_book: RuleBook) -> None:
    said = everything(rule_book, "one-stop-station", "en")
    assert "Inquiry 1 working day, Certificate 3 working days" in said
    assert "30 minutes of opening hours" in said
    assert "begins again each time, until the end" in said


def test_one_clock_in_a_sentence(rule_book: RuleBook) -> None:
    policy = rule_book.of("huizhou-school").policy
    assert clock_sentence(policy, "h13", "zh") == "从收到消息到标准回复：5 分钟（开放时间内）"
    assert clock_sentence(policy, "h10", "en") == (
        "from the answer of the call to the greeting with one's name: 3 seconds"
    )
    assert what_stops(policy, "h20", "en") == (
        "the file being with the department, the head being informed and the complainant being told procedure "
        "and duration"
    )


def test_days_of_the_policy_are_told_as_runs() -> None:
    path = next(shipped_policies())
    text = path.read_text("utf-8").replace(
        "closures = []", 'closures = ["2026-07-20/2026-08-20", "2026-10-12"]'
    )
    hours = policy_text(read_policy_text(path.name, text), "zh").sections[0]
    assert hours.sentences[-1] == "停办日：2026-07-20–2026-08-20、2026-10-12"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOUWEN_HOME", str(tmp_path))
    (tmp_path / "policies").mkdir()
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(application(), words, env={"COLUMNS": "200"})
    if result.exception is not None:
        raise result.exception
    return result.output


def test_list_says_which_is_chosen_and_whose_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = run("policy", "show", "training-centre", "--toml").replace("（培训中心）", "（惠州培训中心）")
    (home / "policies" / "training-centre.toml").write_text(own, "utf-8")
    monkeypatch.setenv("SHOUWEN_POLICY", "training-centre")
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in run("policy", "list").splitlines()}
    assert rows["training-centre"][:2] == ["chosen", "own"]
    assert "首问责任制（惠州培训中心）" in rows["training-centre"][3]
    assert rows["huizhou-school"][:2] == ["-", "shipped"]


def test_show_prints_the_file_itself_or_the_words(home: Path) -> None:
    path = next(path for path in shipped_policies() if path.stem == "huizhou-school")
    assert run("policy", "show", "huizhou-school", "--toml") == path.read_text("utf-8")
    assert "简单 1 个工作日" in run("policy", "show", "huizhou-school", "--language", "zh")
    assert "opening hours" in run("policy", "show", "huizhou-school", "--language", "en")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "seconds = 3",
            "seconds = -3",
            r"our-centre.toml, line \d+: clocks\[0\].seconds: -3 is too small",
        ),
        (
            'stops = "greeted"',
            'stops = "smiled"',
            r"line \d+: clocks\[0\].stops: 'smiled' is unknown; one of",
        ),
        ('then = "head"', 'then = "owner"', r"line \d+: escalations.*circle"),
        ("title = {", "titel = {", r"title: is missing"),
    ],
)
def test_check_names_file_line_field_fault_and_example(
    home: Path, written: str, instead: str, said: str
) -> None:
    file = home / "policies" / "our-centre.toml"
    text = run("policy", "show", "huizhou-school", "--toml")
    file.write_text(text.replace('name = "huizhou-school"', 'name = "our-centre"', 1), "utf-8")
    assert run("policy", "check", str(file)).startswith("our-centre.toml: ok")
    file.write_text(file.read_text("utf-8").replace(written, instead, 1), "utf-8")
    with pytest.raises(ShouwenError, match=said):
        run("policy", "check", str(file))


def test_an_unknown_policy_is_said_to_be_unknown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ShouwenError, match="there is no policy 'nowhere'; there is huizhou-school"):
        run("policy", "show", "nowhere")
    monkeypatch.setenv("SHOUWEN_POLICY", "nowhere")
    with pytest.raises(ShouwenError, match="SHOUWEN_POLICY: there is no policy 'nowhere'"):
        run("policy", "list")
