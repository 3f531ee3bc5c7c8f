"""The file of anchors in SHOUWEN_HOME: a line for each, only ever added to; and the job that writes them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.anchors import NotAnAnchor, is_sealed, read_anchor, seal
from callcenter.errors import ShouwenError
from callcenter.services.audit import make_anchor
from callcenter.settings import Settings

log = logging.getLogger(__name__)

WAIT_MS = 250
"""How long writers of events may be kept waiting for one another before an attempt is given up."""
LONGEST_S = 600.0
"""Longest transaction of an anchor: it reads the head of every ticket."""
TRIES = 20
"""Attempts of a `backup`; the daily one just comes again."""

Units = Callable[[], SqlUnitOfWork]


class AnchorsUnreadable(ShouwenError):
    """The file of anchors cannot be read or written."""


class AnchorBusy(ShouwenError):
    """No anchor could be written: the log of tickets is being written to without a pause. Try again."""


def anchor_file(settings: Settings) -> Path:
    """Where the anchors are."""
    return settings.home / "anchors.jsonl"


def read_lines(path: Path) -> list[str]:
    """The whole lines of the file, none if there is no file; a last one that was cut while written does not count."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AnchorsUnreadable(f"{path} cannot be read: {error.strerror}") from error
    return content[: content.rfind(b"\n") + 1].decode(errors="replace").split("\n")[:-1]


def append_line(path: Path, line: str) -> None:
    """Add a line for good, on disk when this returns; half a line that a crash left at the end goes first."""
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                file.truncate(whole)
            file.seek(whole)
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise AnchorsUnreadable(f"{path} cannot be written: {error.strerror}") from error


def is_due(lines: list[str], now: datetime, settings: Settings) -> bool:
    """Whether no anchor was written since midnight in the centre."""
    midnight = now.astimezone(settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return not lines or read_anchor(lines[-1]).at < midnight
    except NotAnAnchor:
        return True


def write_anchor(settings: Settings, units: Units, now: datetime, *, only_if_due: bool = False) -> bool:
    """Write an anchor over everything there is; whether it was written.

    False: it is not due, another writes one at this moment, or the log was never at rest. Two transactions: the first
    only keeps others from writing an anchor too, the second holds up writers of events, for milliseconds.
    """
    path = anchor_file(settings)
    if only_if_due and not is_due(read_lines(path), now, settings):
        return False
    with units() as uow:
        if not uow.audit.try_lock():
            return False
        lines = read_lines(path)
        if only_if_due and not is_due(lines, now, settings):
            return False
        with units() as brief:
            settled = brief.audit.settled_id(WAIT_MS)
        if settled is None:
            return False
        if settled == 0 and not lines:
            return not only_if_due
        if lines and _is_older(lines[-1], settled):
            log.warning("the log of tickets ends before what was sealed last: run `shouwen audit verify`")
        append_line(path, seal(make_anchor(uow, lines, last_event_id=settled, at=now)))
    return True


def _is_older(line: str, settled: int) -> bool:
    try:
        anchor = read_anchor(line)
    except NotAnAnchor:
        return False
    return is_sealed(anchor) and settled < anchor.last_event_id


def anchor_now(settings: Settings, units: Units) -> None:
    """Write an anchor at once, trying again while the log is busy; raises AnchorBusy."""
    for _ in range(TRIES):
        if write_anchor(settings, units, datetime.now(UTC)):
            return
    raise AnchorBusy
