"""A helper process that computes beside the calls: it dies with us, and stands still while a call is being set up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

from callcenter.runtime import process

STILL_S = 0.04
"""How long after the last sign of a call being set up: the phones ring well before."""
MOST_STILL_S, BREATH_S = 30.0, 0.2
"""On a line that never rests it may work a little now and then: under one call in a hundred meets it."""
LOOK_S = 0.5


def start(module: str, fd: int) -> subprocess.Popen[bytes]:
    """Start `python -m MODULE FD`; the kernel ends it with the thread that calls this (prctl(2)). Raises OSError."""
    parent = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", module, str(fd)],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: process.die_with(parent, signal.SIGKILL),
    )


def watch(child: subprocess.Popen[bytes], calls: socket.socket) -> None:
    """Until the process ends: stop it at each announcement, continue it when there were none for a while."""
    while child.poll() is None:
        calls.settimeout(LOOK_S)
        try:
            calls.recv(1)
        except TimeoutError:
            continue
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
