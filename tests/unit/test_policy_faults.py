"""All that is wrong with a policy file is told in one go: each fault with its place, one of each table."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.policy_files import BadPolicy, policy_paths, read_policy
from callcenter.toml_table import Faults

SHIPPED = policy_paths()["one-stop-station"].read_text("utf-8")


def changed(folder: Path, *changes: tuple[str, str], name: str = "one-stop-station") -> Path:
    """The station's file with each first text replaced once."""
    text = SHIPPED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def faults(path: Path) -> list[tuple[int, str]]:
    """Line and field of every fault."""
    with pytest.raises(BadPolicy) as raised:
        read_policy(path)
    told = []
    for fault in raised.value.faults:
        where, field, _ = fault.split(": ", 2)
        told.append((int(where.removeprefix(f"{path.name}, line ")), field))
    assert str(raised.value).splitlines() == list(raised.value.faults)
    return told


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def test_a_fault_in_every_section_is_told_with_the_others(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Huizhou"'),
        ("certificate = 3", "certificate = 0"),
        ('rule = "S40"\nneeded = "opening"', 'rule = "S40"\nneeded = "tomorrow"'),
        ('then = "head"', 'then = "owner"'),
        ('shows = ["number", "kind", "due"]', 'shows = ["number", "shoe"]'),
        ('default_complexity = "standard"', 'default_complexity = "odd"'),
    )
    found = faults(path)
    assert [field.split("[")[0].split(".")[0] for _, field in found] == [
        "hours",
        "escalations",
        "reminders",
        "default_complexity",
        "clocks",
        "fields",
    ]
    for text in ("Asia/Huizhou", '"shoe"', '"odd"', "certificate = 0", '"tomorrow"'):
        assert line_of(path, text) in [line for line, _ in found], text


def test_each_table_of_a_list_tells_its_own(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("certificate = 3", "certificate = -3"),
        ('stops = "progress_told"', 'stops = "progress_sung"'),
        ('stops = "complaint_taken_told"', 'stops = "complaint_taken_sung"'),
    )
    assert [field for _, field in faults(path)] == [
        "clocks[0].working_days.certificate",
        "clocks[1].stops",
        "clocks[2].stops",
    ]


def test_every_key_that_nobody_knows_is_told(tmp_path: Path) -> None:
    path = changed(tmp_path, ('name = "one', 'colour = 1\nsize = 2\nname = "one'))
    assert faults(path) == [(line_of(path, "colour"), "colour"), (line_of(path, "size"), "size")]


def test_what_rests_on_a_list_with_a_fault_is_not_told_of(tmp_path: Path) -> None:
    """Without the kinds nobody can say which of them a limit is for."""
    path = changed(
        tmp_path,
        ('key = "certificate"\nnames', 'key = "certificate"\nnamen'),
        ("certificate = 3", "certificate = -3"),
        ('shows = ["number", "kind", "due"]', 'shows = ["shoe"]'),
    )
    assert [field for _, field in faults(path)] == ["kinds[1].names", "reminders.shows"]


def test_the_name_of_the_file_is_one_of_the_faults(tmp_path: Path) -> None:
    path = changed(tmp_path, ("certificate = 3", "certificate = -3"), name="ours")
    assert [field for _, field in faults(path)] == ["name", "clocks[0].working_days.certificate"]


def test_the_command_prints_a_line_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed(tmp_path, ("certificate = 3", "certificate = -3"), ('"Asia/Shanghai"', '"Asia/Huizhou"'))
    monkeypatch.setattr("sys.argv", ["shouwen", "policy", "check", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    zone, limit = capsys.readouterr().err.splitlines()
    assert zone.startswith("error: one-stop-station.toml, line ")
    assert "such as Asia/Shanghai" in zone
    assert limit.endswith("-3 is too small: 1 or more, such as certificate = 3")


def test_what_is_no_fault_of_a_file_goes_its_way() -> None:
    kept = Faults()
    with pytest.raises(ZeroDivisionError), kept:
        _ = 1 / 0
    kept.tell()
    with kept:
        raise BadPolicy("one", "two")
    with pytest.raises(BadPolicy, match=r"^one\ntwo$"):
        kept.tell()


@pytest.mark.parametrize(
    ("written", "instead", "field"),
    [
        ("08:30-12:00", "08:30+08:00-12:00", "hours.working_day"),
        ('digest_at = "08:15"', 'digest_at = "08:15+08:00"', "reminders.digest_at"),
        ('quiet = ["20:00', 'quiet = ["20:00+08:00', "reminders.quiet"),
    ],
)
def test_a_time_of_day_has_no_zone_of_its_own(tmp_path: Path, written: str, instead: str, field: str) -> None:
    """It would be compared with the centre's clock, which can only fail."""
    assert [each for _, each in faults(changed(tmp_path, (written, instead)))] == [field]


@pytest.mark.parametrize(
    "section", ["kinds", "complexities", "satisfaction", "offices", "checklists", "channels"]
)
def test_a_key_is_there_once(tmp_path: Path, section: str) -> None:
    path = changed(tmp_path)
    text = path.read_text("utf-8")
    begin = text.index(f"[[{section}]]")
    end = text.index("\n\n", begin) if "\n\n" in text[begin:] else len(text)
    path.write_text(f"{text[:end]}\n\n{text[begin:end]}{text[end:]}", "utf-8")
    with pytest.raises(BadPolicy, match=rf"{section}\[\d+\]\.(key|digit): .*already"):
        read_policy(path)
