"""A process that computes beside the calls: it dies with us, and stands still while a call is being set up."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time

from callcenter.runtime import calls_first, process
from callcenter.settings import Settings

log = logging.getLogger(__name__)

STILL_S = 0.04
"""How long after the last sign of a call being set up: the phones ring well before."""
MOST_STILL_S, BREATH_S = 30.0, 0.2
"""On a line that never rests it may work a little now and then: under one call in a hundred meets it."""
LOOK_S = 0.5
"""How soon its end is noticed."""


def start(module: str, *fds: int) -> subprocess.Popen[bytes]:
    """Start `python -m MODULE FD…`; the kernel ends it with the thread that calls this (prctl(2)). Raises OSError."""
    parent = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", module, *(str(fd) for fd in fds)],
        pass_fds=fds,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: process.die_with(parent, signal.SIGKILL),
    )


def signs_of_calls(settings: Settings, name: str) -> socket.socket:
    """The socket on which that helper of `calls_first` is told of calls; one that stays silent if there can be none."""
    try:
        return calls_first.listen(settings, name)
    except OSError as error:
        log.warning("%s does not stand back while calls are set up: %s", name, error)
        return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def stand_aside(child: subprocess.Popen[bytes], calls: socket.socket) -> None:
    """Wait LOOK_S for a call being set up; at a sign of one stop the process until there were none for STILL_S."""
    calls.settimeout(LOOK_S)
    try:
        calls.recv(1)
    except TimeoutError:
        return
    child.send_signal(signal.SIGSTOP)
    until = time.monotonic() + MOST_STILL_S
    calls.settimeout(STILL_S)
    try:
        while time.monotonic() < until:
            calls.recv(1)
        worked_out = True
    except TimeoutError:
        worked_out = False
    child.send_signal(signal.SIGCONT)
    if worked_out:
        time.sleep(BREATH_S)
