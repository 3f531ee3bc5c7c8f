"""Real processes under the supervisor: killed, frozen, stubborn, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.polling import until

PROGRAM = Path(__file__).with_name("supervised.py")
ROOT = Path(__file__).parents[2]
NORMAL = "exec sleep 1000\n"
STUBBORN = "trap '' TERM\nwhile :; do sleep 0.1; done\n"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the supervisor with these scripts; whatever of it is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(**scripts: str) -> subprocess.Popen[str]:
        for name, body in scripts.items():
            (tmp_path / f"{name}.sh").write_text(f"printf $$ > {name}.new; mv {name}.new {name}.pid\n{body}")
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        for name in scripts:
            until(partial(pid_of, tmp_path, name), what=f"the start of {name}")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pid_of(folder: Path, name: str, other_than: int = 0) -> int:
    """The id of that part's running process, 0 while there is none."""
    try:
        pid = int((folder / f"{name}.pid").read_text())
    except FileNotFoundError:
        return 0
    return pid if pid != other_than and is_alive(pid) else 0


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_in_good_order(start: Start, tmp_path: Path, number: int) -> None:
    body = "trap 'echo NAME >> order; exit' TERM\nwhile :; do sleep 0.01; done\n"
    running = start(**{name: body.replace("NAME", name) for name in ("a", "b", "c")})
    pids = [pid_of(tmp_path, name) for name in "abc"]
    running.send_signal(number)
    assert running.wait(5) == 0
    assert not any(map(is_alive, pids))
    assert (tmp_path / "order").read_text().split() == ["a", "b", "c"]


def test_the_stubborn_are_killed_within_ten_seconds(start: Start, tmp_path: Path) -> None:
    running = start(a=STUBBORN, b=STUBBORN, c=STUBBORN)
    pids = [pid_of(tmp_path, name) for name in "abc"]
    began = time.monotonic()
    running.terminate()
    running.wait(15)
    assert time.monotonic() - began < 10
    assert not any(map(is_alive, pids))


def test_a_stopped_process_is_no_obstacle_to_the_end(start: Start, tmp_path: Path) -> None:
    running = start(a=NORMAL)
    pid = pid_of(tmp_path, "a")
    os.kill(pid, signal.SIGSTOP)
    running.terminate()
    running.wait(4)
    assert not is_alive(pid)


def test_a_killed_part_is_back_within_two_seconds_and_later_after_a_pause(
    start: Start, tmp_path: Path
) -> None:
    start(a=NORMAL, b=NORMAL)
    first, neighbour = pid_of(tmp_path, "a"), pid_of(tmp_path, "b")
    os.kill(first, signal.SIGKILL)
    second = until(lambda: pid_of(tmp_path, "a", other_than=first), within_s=2)
    began = time.monotonic()
    os.kill(second, signal.SIGKILL)
    until(lambda: pid_of(tmp_path, "a", other_than=second), within_s=6)
    assert time.monotonic() - began > 1.9
    assert pid_of(tmp_path, "b") == neighbour


def test_a_frozen_part_is_killed_and_started_again(start: Start, tmp_path: Path) -> None:
    start(watched=NORMAL)
    first = pid_of(tmp_path, "watched")
    # Frozen counts only after the first answer, so give the watch several times its pace.
    until(lambda: (tmp_path / "watched.pid").stat().st_mtime < time.time() - 0.5)
    os.kill(first, signal.SIGSTOP)
    until(lambda: pid_of(tmp_path, "watched", other_than=first), within_s=5)
    assert not is_alive(first)


def test_a_killed_supervisor_leaves_no_orphans(start: Start, tmp_path: Path) -> None:
    running = start(a=NORMAL, b=STUBBORN)
    pids = [pid_of(tmp_path, name) for name in "ab"]
    running.kill()
    until(lambda: not any(map(is_alive, pids)), within_s=2)
