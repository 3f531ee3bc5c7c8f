"""The command line as a program: quick help, errors in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("shouwen")


def shouwen(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_the_commands_and_imports_no_heavy_package() -> None:
    script = (
        "import sys; from callcenter.cli import application; application();"
        "print(sorted({'sqlalchemy', 'fastapi', 'psycopg', 'vosk', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    shown = shouwen("--help").stdout
    for command in ("run", "doctor", "log", "asterisk"):
        assert command in shown


def test_an_error_of_ours_is_one_line(tmp_path: Path) -> None:
    done = shouwen("log", "nothing", SHOUWEN_HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "error: there is no log of 'nothing'; there are: none yet\n"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SHOUWEN_RTP_PORTS", "3", "write a range of ports"),
        ("SHOUWEN_WEB_PORT", "x", "valid integer"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, name: str, value: str, says: str) -> None:
    done = shouwen("doctor", **{"SHOUWEN_HOME": str(tmp_path), name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {name}: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_log_prints_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "agi.log").write_text("one\ntwo\nthree\n")
    assert shouwen("log", "agi", SHOUWEN_HOME=str(tmp_path)).stdout == "one\ntwo\nthree\n"
    assert shouwen("log", "agi", "--lines", "1", SHOUWEN_HOME=str(tmp_path)).stdout == "three\n"
