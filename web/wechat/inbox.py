"""Messages that wait for the database: one file each, private, on the disk for good before anybody is answered."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from callcenter.domain.service_account import Notice, NoticeKind
from callcenter.errors import ShouwenError

log = logging.getLogger(__name__)

LIMIT = 100_000
"""Messages that may wait: some 100 MB on the disk."""
_NEW, _TOLD, _ODD = ".json", ".told", ".unreadable"


class InboxFull(ShouwenError):
    """More messages wait than the inbox holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that waits. `told`: its sender was answered that it arrived."""

    path: Path
    notice: Notice
    told: bool


class Inbox:
    """The folder of messages; it is made when first needed, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, notice: Notice) -> Path:
        """Keep the message. Raises OSError, InboxFull."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        # What came first is taken first: the name begins with the instant.
        name = f"{notice.received_at:%Y%m%dT%H%M%S%f}-{hashlib.sha256(notice.key.encode()).hexdigest()[:32]}"
        path = self._folder / f"{name}{_NEW}"
        if sum(1 for _ in os.scandir(self._folder)) >= LIMIT:
            raise InboxFull
        fresh = path.with_suffix(f".{os.getpid()}-{id(notice)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_written(notice), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(path)
        finally:
            fresh.unlink(missing_ok=True)
        self._sync()
        return path

    def told(self, path: Path) -> None:
        """Its sender is answered that it arrived."""
        try:
            path.rename(path.with_suffix(_TOLD))
        except FileNotFoundError:
            log.info("service account: a message was registered while its answer was written")

    def done(self, path: Path) -> None:
        """It is on a ticket."""
        for suffix in (_NEW, _TOLD):
            path.with_suffix(suffix).unlink(missing_ok=True)

    def waiting(self) -> Iterator[Waiting]:
        """The messages, oldest first; one that cannot be read is put aside and said so."""
        try:
            names = sorted(os.listdir(self._folder))
        except FileNotFoundError:
            return
        for name in names:
            path = self._folder / name
            if path.suffix not in (_NEW, _TOLD):
                continue
            try:
                notice = _read(json.loads(path.read_text("utf-8")))
            except FileNotFoundError:
                continue
            except (ValueError, KeyError, TypeError):
                log.exception("service account: a message in the inbox cannot be read, it is put aside")
                path.rename(path.with_suffix(_ODD))
                continue
            yield Waiting(path=path, notice=notice, told=path.suffix == _TOLD)

    def _sync(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _written(notice: Notice) -> dict[str, str | None]:
    came, received = notice.came_at.isoformat(), notice.received_at.isoformat()
    return {**asdict(notice), "came_at": came, "received_at": received, "kind": notice.kind.value}


def _read(kept: dict[str, str]) -> Notice:
    times = {name: datetime.fromisoformat(kept[name]) for name in ("came_at", "received_at")}
    return Notice(**{**kept, **times, "kind": NoticeKind(kept["kind"])})  # type: ignore[arg-type]  # as written above
