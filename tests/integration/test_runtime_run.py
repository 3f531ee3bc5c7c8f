"""`shouwen run` as a program: its children, its end, its refusals. What a call does is not asked here."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.polling import until

COMMAND = Path(sys.executable).with_name("shouwen")
PARTS = {"postgres", "asterisk", "shouwen agi", "shouwen web", "shouwen worker"}

Environment = dict[str, str]
Run = Callable[[], "subprocess.Popen[str]"]


def free_port(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    given = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWEN_")}
    if root := os.environ.get("SHOUWEN_ASTERISK_ROOT"):
        given["SHOUWEN_ASTERISK_ROOT"] = root
    return {
        **given,
        "SHOUWEN_HOME": str(tmp_path / "home"),
        "SHOUWEN_SIP_PORT": free_port(socket.SOCK_DGRAM),
        "SHOUWEN_AGI_PORT": free_port(socket.SOCK_STREAM),
        "SHOUWEN_AMI_PORT": free_port(socket.SOCK_STREAM),
        "SHOUWEN_WEB_PORT": free_port(socket.SOCK_STREAM),
        "SHOUWEN_RTP_PORTS": "26000-26199",
    }


@pytest.fixture
def run(environment: Environment) -> Iterator[Run]:
    """Start the product and wait until all its parts are there; what is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(COMMAND), "run", "--no-demo-calls"], env=environment, stdout=subprocess.DEVNULL, text=True
        )
        started.append(process)
        until(lambda: set(children(process)) >= PARTS or process.poll(), within_s=90, what="the start")
        assert process.poll() is None
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def children(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """Its children by the name that the process list shows."""
    found = {}
    try:
        for child in psutil.Process(process.pid).children():
            if child.status() != psutil.STATUS_ZOMBIE:
                found[child.name()] = child
    except psutil.NoSuchProcess:
        pass
    return found


def everyone(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_all_it_started_within_ten_seconds(run: Run, number: int) -> None:
    process = run()
    for name, child in children(process).items():
        assert child.cmdline()[0].startswith(name.split()[0])
    family = everyone(process)
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert all_gone(family)


def test_a_crash_leaves_no_orphans_and_the_next_start_is_none_the_worse(run: Run) -> None:
    process = run()
    family = everyone(process)
    process.kill()
    until(lambda: all_gone(family), within_s=10)
    run()


def test_a_second_run_on_the_same_home_is_refused_in_one_line(run: Run, environment: Environment) -> None:
    first = run()
    second = subprocess.run(
        [str(COMMAND), "run"], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"error: Shouwen already runs on {environment['SHOUWEN_HOME']}")
    assert second.stderr.count("\n") == 1
    assert set(children(first)) >= PARTS - {"shouwen web", "shouwen worker"}


def test_what_it_writes_is_its_owners_alone(run: Run, environment: Environment) -> None:
    run()
    home = Path(environment["SHOUWEN_HOME"])
    assert stat.S_IMODE(home.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
    for parent, folders, files in os.walk(home):
        for name in (*folders, *files):
            path = Path(parent) / name
            if not path.is_symlink() and path.exists():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_taken_port_is_one_line_and_nothing_stays(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", int(environment["SHOUWEN_WEB_PORT"]))):
        done = subprocess.run(
            [str(COMMAND), "run"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is taken: end what listens there, or set SHOUWEN_WEB_PORT" in done.stderr
