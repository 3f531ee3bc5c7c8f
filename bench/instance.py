"""A whole product of its own for a benchmark: temporary home, free ports, ended and removed afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"
READY_WITHIN_S = 120.0
END_WITHIN_S = 20.0
_RTP_PORTS = 2000
_RTP_FIRST, _RTP_LAST = 20000, 32000
"""Below the range from which the system gives out ports by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Where a running product listens."""

    home: Path
    sip_port: int
    agi_port: int
    ami_port: int
    web_port: int
    lab_port: int
    """Where the load-test phone is expected; nobody listens there yet."""
    pid: int
    log: Path

    def process(self, title: str) -> psutil.Process:
        """The child whose name begins so, such as "shouwen agi"; raises LookupError."""
        for child in psutil.Process(self.pid).children(recursive=True):
            if " ".join(child.cmdline()).startswith(title):
                return child
        raise LookupError(title)

    def health(self) -> dict[str, object]:
        """What /api/v1/health says now; empty when nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://{LOOPBACK}:{self.web_port}/api/v1/health", timeout=3
            ) as reply:
                said = json.load(reply)
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _free_rtp_range() -> str:
    used = {connection.laddr.port for connection in psutil.net_connections("udp4") if connection.laddr}
    for first in range(_RTP_FIRST, _RTP_LAST - _RTP_PORTS + 1, 1000):
        last = first + _RTP_PORTS - 1
        if not any(first <= port <= last for port in used):
            return f"{first}-{last}"
    raise RuntimeError("no range of RTP ports is free")


@contextmanager
def running(keep: bool = False, *, engine: str = "off") -> Iterator[Instance]:
    """Starts `shouwen run` and waits until it is well; raises RuntimeError with its last lines when it is not."""
    home = Path(tempfile.mkdtemp(prefix="shouwen-bench-"))
    log = home.with_suffix(".log")
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    ports = {name: free_port() for name in ("agi_port", "ami_port", "web_port")}
    sip_port, lab_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SHOUWEN_")},
        "SHOUWEN_HOME": str(home),
        "SHOUWEN_SIP_PORT": str(sip_port),
        "SHOUWEN_AGI_PORT": str(ports["agi_port"]),
        "SHOUWEN_AMI_PORT": str(ports["ami_port"]),
        "SHOUWEN_WEB_PORT": str(ports["web_port"]),
        "SHOUWEN_RTP_PORTS": _free_rtp_range(),
        "SHOUWEN_LAB_PHONE": f"{LOOPBACK}:{lab_port}",
        "SHOUWEN_ENGINE_ZH": engine,
        "SHOUWEN_ENGINE_EN": engine,
    }
    command = [str(Path(sys.executable).with_name("shouwen")), "run", "--no-demo-calls"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    instance = Instance(home=home, sip_port=sip_port, lab_port=lab_port, pid=process.pid, log=log, **ports)
    try:
        _wait_ready(instance, process)
        yield instance
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if not keep:
            shutil.rmtree(home, ignore_errors=True)
            log.unlink(missing_ok=True)


def _wait_ready(instance: Instance, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while instance.health().get("status") != "ok":
        if process.poll() is not None or time.monotonic() > deadline:
            said = instance.log.read_text(errors="replace")[-1500:]
            raise RuntimeError(f"shouwen run is not well: {instance.health()}\n{said}")
        time.sleep(0.1)
