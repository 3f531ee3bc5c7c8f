"""The parts that `shouwen run` keeps running, and how each is started and ended."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from callcenter.errors import ShouwenError
from callcenter.runtime import agi_health, asterisk_process, home, postgres, process
from callcenter.runtime.asterisk import AsteriskRoot
from callcenter.runtime.preflight import LOOPBACK
from callcenter.runtime.supervisor import Part, Watch
from callcenter.settings import Settings

SILENCE_S = 3.0


class CommandMissing(ShouwenError):
    """The command `shouwen` is not installed beside this Python: run make setup."""


def environment(settings: Settings) -> dict[str, str]:
    """Our environment, with every setting spelled out: a child reads the same ones."""
    given = settings.model_dump(mode="json", exclude_none=True)
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        **{f"SHOUWEN_{name.upper()}": str(value) for name, value in given.items()},
        "SHOUWEN_HOME": str(settings.home.absolute()),
    }


def command() -> Path:
    """The `shouwen` command of this installation."""
    beside = Path(sys.executable).with_name("shouwen")
    found = str(beside) if beside.exists() else shutil.which("shouwen")
    if not found:
        raise CommandMissing
    return Path(found)


def database(settings: Settings) -> Part:
    """The embedded PostgreSQL; last to end, because all others write to it."""
    return Part(
        name="postgres",
        spawn=lambda: postgres.start(settings),
        wave=2,
        gentle=signal.SIGINT,
        pressing=signal.SIGQUIT,
    )


def telephony(settings: Settings, root: AsteriskRoot) -> Part:
    """Asterisk; first to end, so that the ends of its calls are still written down."""
    return Part(name="asterisk", spawn=lambda: asterisk_process.launch(settings, root), wave=0)


def ours(settings: Settings, name: str) -> Part:
    """One of our own processes: agi, web or worker. They stand SIGKILL at any moment; it comes if we die."""
    line = [str(command()), name]
    log = home.log_file(settings, name)
    watch = None
    if name == "agi":
        # Asterisk waits on a frozen FastAGI server, while with a dead one it goes on by itself.
        watch = Watch(
            probe=lambda: agi_health.probe(LOOPBACK, settings.agi_port, SILENCE_S) is not None,
            silence_s=SILENCE_S,
        )
    return Part(
        name=name,
        spawn=lambda: process.spawn(line, log=log, environment=environment(settings)),
        wave=1,
        watch=watch,
    )
