"""The folder of run-time state, SHOUWEN_HOME: its modes, its one user at a time, its logs."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.errors import ShouwenError
from callcenter.settings import Settings

LOCK = "run.lock"
"""File in the home that `shouwen run` locks and writes its process id to."""

LOG_LIMIT_BYTES = 20_000_000
LOGS_KEPT = 3


class HomeInUse(ShouwenError):
    """Shouwen already runs on this SHOUWEN_HOME."""


class HomeUnusable(ShouwenError):
    """SHOUWEN_HOME cannot be used."""


def prepare(settings: Settings) -> Path:
    """Make the home and its log folder with the modes of the contract; no folder outside it changes."""
    home = settings.home.absolute()
    is_root = os.geteuid() == 0
    try:
        before = os.umask(0o022 if is_root else 0o077)
        try:
            home.mkdir(parents=True, exist_ok=True)
        finally:
            os.umask(before)
        if home.stat().st_uid != os.geteuid():
            raise HomeUnusable(f"{home} belongs to another user: choose another SHOUWEN_HOME")
        # As root the database's user has to pass through it.
        home.chmod(0o711 if is_root else 0o700)
        for folder in (settings.log, settings.recordings):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise HomeUnusable(f"SHOUWEN_HOME {home} cannot be used: {error.strerror}") from error
    return home


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Be the only one who runs on this home; raises HomeInUse. The lock ends with the process."""
    with (settings.home / LOCK).open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            owner = handle.read().strip() or "unknown"
            raise HomeInUse(
                f"Shouwen already runs on {settings.home} (process {owner}): stop it, or set SHOUWEN_HOME"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def was_used(settings: Settings) -> bool:
    """Whether the product was ever started on this home."""
    return (settings.home / LOCK).exists()


def is_locked(settings: Settings) -> bool:
    """Whether the product runs on this home now."""
    if not was_used(settings):
        return False
    with (settings.home / LOCK).open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def make_private(folder: Path, uid: int | None = None, gid: int | None = None) -> None:
    """Make a folder that only its owner may enter; raises HomeUnusable if someone else put it there."""
    owner, group = os.geteuid() if uid is None else uid, os.getegid() if gid is None else gid
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (owner, os.geteuid()):
        raise HomeUnusable(f"{folder} belongs to someone else: remove it")
    if (status.st_uid, status.st_gid) != (owner, group):
        os.chown(folder, owner, group)
    folder.chmod(0o700)


def log_file(settings: Settings, part: str) -> Path:
    """The log of a part, such as `agi`."""
    return settings.log / f"{part}.log"


def bound_log(path: Path, limit_bytes: int = LOG_LIMIT_BYTES, kept: int = LOGS_KEPT) -> None:
    """Once the log is longer than the limit, move what it holds to path.1 (path.1 to path.2 …) and empty it.

    Its writers append (O_APPEND), so they may go on; what they write in between copy and cut is lost.
    """
    try:
        if path.stat().st_size <= limit_bytes:
            return
    except FileNotFoundError:
        return
    for number in range(kept - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.rename(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
