"""The running Asterisk of this home: its process, its control socket, its command line."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from callcenter.errors import ShouwenError
from callcenter.runtime import home, process
from callcenter.runtime.asterisk import AsteriskRoot
from callcenter.settings import Settings
from callcenter.sockets import socket_folder

NAME = "asterisk"
STOP_STEPS = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 2.0))


class AsteriskNotRunning(ShouwenError):
    """Asterisk does not answer on its control socket: `shouwen asterisk log` may say why."""


class AsteriskNotConfigured(ShouwenError):
    """This SHOUWEN_HOME has no Asterisk configuration yet: `shouwen run` writes it."""


def folder(settings: Settings) -> Path:
    """Asterisk's part of the home; its processes work in it, which is how they are found again."""
    return settings.home.absolute() / NAME


def configuration(settings: Settings) -> Path:
    """The main configuration file."""
    return folder(settings) / "etc" / "asterisk.conf"


def sockets(settings: Settings) -> Path:
    """Folder of the control socket (astrundir)."""
    return socket_folder(folder(settings) / "run", "asterisk.ctl")


def launch(
    settings: Settings, root: AsteriskRoot, death_signal: int | None = signal.SIGTERM
) -> subprocess.Popen[bytes]:
    """Start Asterisk in the foreground, ending first what a killed supervisor may have left."""
    if not configuration(settings).exists():
        raise AsteriskNotConfigured
    process.end_all(running(settings), STOP_STEPS)
    # The kernel names a process after the file it starts: through this link `asterisk`, not `ld-linux`.
    link = _program(settings)
    link.parent.mkdir(mode=0o700, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(root.loader)
    arguments = [NAME, *root.command("-C", str(configuration(settings)), "-f", "-n")[1:]]
    return process.spawn(
        arguments,
        executable=link,
        log=home.log_file(settings, NAME),
        environment={**os.environ, "HOME": str(folder(settings))},
        death_signal=death_signal,
        folder=folder(settings),
    )


def _program(settings: Settings) -> Path:
    return folder(settings) / "bin" / NAME


def launched_at(settings: Settings) -> datetime | None:
    """When Asterisk was last launched here: every earlier call ended by then. None: it never was."""
    try:
        return datetime.fromtimestamp(_program(settings).lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def running(settings: Settings) -> list[int]:
    """Ids of the Asterisk processes of this home."""
    return process.working_in(folder(settings), NAME)


def start(settings: Settings, root: AsteriskRoot, timeout_s: float = 15) -> subprocess.Popen[bytes] | None:
    """Start Asterisk in the background, to outlive us, and return once it answers; None: it runs already."""
    if running(settings):
        return None
    child = launch(settings, root, death_signal=None)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            rx(settings, root, "core waitfullybooted")
        except AsteriskNotRunning:
            if child.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return child


def stop(settings: Settings) -> bool:
    """End the Asterisk of this home, gently, then by force; True if there was one."""
    pids = running(settings)
    if not process.end_all(pids, STOP_STEPS):
        raise AsteriskNotRunning(f"Asterisk (process {pids[0]}) does not end")
    return bool(pids)


def rx(settings: Settings, root: AsteriskRoot, command: str, timeout_s: float = 10) -> str:
    """What Asterisk prints on that command of its console; raises AsteriskNotRunning."""
    if not configuration(settings).exists():
        raise AsteriskNotConfigured
    line = root.command("-C", str(configuration(settings)), "-n", "-rx", command)
    try:
        done = subprocess.run(
            line, capture_output=True, text=True, errors="replace", check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise AsteriskNotRunning(f"Asterisk did not answer within {timeout_s:.0f} s") from error
    if done.returncode:
        raise AsteriskNotRunning
    return done.stdout
