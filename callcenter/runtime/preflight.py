"""What has to be true of the machine before the product starts."""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.errors import ShouwenError
from callcenter.settings import Settings

NEEDED_MB = 1000
SLOW_NAME_S = 1.0
LOOPBACK = "127.0.0.1"


class NotReady(ShouwenError):
    """This machine is not ready for Shouwen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str = ""
    """What was found; when it is not ok also what to do."""
    required: bool = True
    """False: the product runs without it, but worse."""


def python() -> Check:
    """The version of Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Check(name="Python", ok=good, detail=found if good else f"{found}: install Python 3.11 or later")


def host_name() -> Check:
    """Asterisk looks its own host's name up for every call: unresolved, each call stalls for seconds."""
    name, began = socket.gethostname(), time.monotonic()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        address = ""
    took_s = time.monotonic() - began
    if address and took_s < SLOW_NAME_S:
        return Check(name="host name", ok=True, detail=f"{name} is {address}", required=False)
    found = f"resolves only after {took_s:.1f} s" if address else "does not resolve"
    remedy = f'{name} {found}, which delays every call: add the line "127.0.1.1 {name}" to /etc/hosts'
    return Check(name="host name", ok=False, detail=remedy, required=False)


def disk(settings: Settings) -> Check:
    """Free space where the state lies."""
    folder: Path = settings.home.absolute()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    good = free_mb >= NEEDED_MB
    detail = f"{free_mb} MB free at {folder}" + ("" if good else f": {NEEDED_MB} MB are needed, make room")
    return Check(name="disk space", ok=good, detail=detail)


def _is_free(kind: socket.SocketKind, address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # As servers do: connections of an earlier run that still linger are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def ports(settings: Settings) -> Iterator[Check]:
    """Each port that the product listens on, while it does not run yet."""
    wanted = (
        ("SIP", socket.SOCK_DGRAM, settings.bind, settings.sip_port, "SHOUWEN_SIP_PORT"),
        ("FastAGI", socket.SOCK_STREAM, LOOPBACK, settings.agi_port, "SHOUWEN_AGI_PORT"),
        ("AMI", socket.SOCK_STREAM, LOOPBACK, settings.ami_port, "SHOUWEN_AMI_PORT"),
        ("web", socket.SOCK_STREAM, settings.bind, settings.web_port, "SHOUWEN_WEB_PORT"),
    )
    for name, kind, address, port, setting in wanted:
        good = _is_free(kind, address, port)
        found = f"{address}:{port} {'UDP' if kind == socket.SOCK_DGRAM else 'TCP'}"
        detail = found if good else f"{found} is taken: end what listens there, or set {setting}"
        yield Check(name=f"{name} port", ok=good, detail=detail)
    first, last = map(int, settings.rtp_ports.split("-"))
    audio = range(first + first % 2, last + 1, 2)
    taken = [port for port in audio if not _is_free(socket.SOCK_DGRAM, settings.bind, port)]
    # Asterisk passes over a taken port, so a few of them do no harm.
    good = len(taken) * 10 <= len(audio)
    detail = f"{settings.rtp_ports} UDP, {len(taken)} taken"
    remedy = ": end what listens there, or set SHOUWEN_RTP_PORTS"
    yield Check(name="RTP ports", ok=good, detail=detail if good else detail + remedy)


def before_start(settings: Settings) -> list[Check]:
    """All checks for a start; raises NotReady with the first required one that fails."""
    checks = [python(), disk(settings), *ports(settings), host_name()]
    for check in checks:
        if check.required and not check.ok:
            raise NotReady(f"{check.name}: {check.detail}")
    return checks
