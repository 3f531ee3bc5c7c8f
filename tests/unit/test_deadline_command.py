"""`shouwen deadline`: one instant, and a stream of them."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from callcenter.cli import main
from callcenter.deadlines import DeadlineWriter
from callcenter.domain.policy import RuleBook

COMMAND = ["deadline", "--policy", "huizhou-school", "--clock"]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """What the command line ends with."""
    monkeypatch.setattr(sys, "argv", ["shouwen", *COMMAND, *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_one_instant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert not run(monkeypatch, "h13", "--from", "2026-11-20T17:28:00+08:00")
    assert json.loads(capsys.readouterr().out) == {
        "due_at": "2026-11-23T08:33:00+08:00",
        "calendar": "published",
        "ledger": [
            {"day": "2026-11-20", "kind": "workday", "counted": True},
            {"day": "2026-11-21", "kind": "weekend", "counted": False},
            {"day": "2026-11-22", "kind": "weekend", "counted": False},
            {"day": "2026-11-23", "kind": "workday", "counted": True},
        ],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["h99", "--from", "2026-11-20"], "no clock 'h99'"),
        (["h13", "--from", "tomorrow"], "'tomorrow' is no instant"),
        (["h13", "--from", "9999-12-31T23:59+08:00"], "No due time"),
    ],
)
def test_what_is_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert run(monkeypatch, *words) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_many_through_a_pipe_answer_as_they_come() -> None:
    command = [
        sys.executable,
        "-c",
        "from callcenter.cli import main; main()",
        *COMMAND,
        "h12-simple",
        "--from",
        "-",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("2026-11-20T10:00:00+08:00\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["due_at"] == "2026-11-23T17:30:00+08:00"
        rest, _ = child.communicate("never\n\n2027-03-01T02:00:00Z")
    lines = [json.loads(line) for line in rest.splitlines()]
    assert "never" in lines[0]["error"]
    assert (lines[1]["calendar"], len(lines)) == ("provisional", 2)
    assert child.returncode == 1


def test_lines_cut_anywhere_are_put_together(rule_book: RuleBook) -> None:
    rules = rule_book.of("huizhou-school")
    writer = DeadlineWriter(rules, rules.policy.clock("h10").limit)
    data = b"2026-11-20T10:00:00+08:00\n2026-11-20T10:00:01\r\n2026-11-20T10:00:02"
    for size in (1, 7, 100):
        source = io.BytesIO(data)
        written = "".join(text for text, _ in writer.lines(iter(lambda: source.read(size), b"")))  # noqa: B023
        due = [json.loads(line)["due_at"][-14:-6] for line in written.splitlines()]
        assert due == ["10:00:03", "10:00:04", "10:00:05"]
