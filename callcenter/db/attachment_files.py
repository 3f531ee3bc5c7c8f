"""The content of attachments: below one folder, named by its hash, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from callcenter.domain.attachments import (
    HEAD,
    LARGEST,
    Attachment,
    AttachmentTooLarge,
    BadAttachment,
    EmptyAttachment,
    NoRoom,
    ReceivedFile,
    clean_name,
    media_type_of,
)

ARRIVING = "arriving"
"""Folder of what is still being received."""
RESERVE = 500_000_000
"""Bytes of the disk that files of strangers and staff leave to calls, recordings and the database."""
FORGOTTEN_S = 24 * 3600.0
"""What has been arriving for so long was cut off by the end of a process."""


class Arriving:
    """One file while it is received: `write` what comes, `finish` when all is there, `keep` to have it for good."""

    def __init__(self, folder: Path, path: Path, file: BinaryIO) -> None:
        self._folder = folder
        self._path = path
        self._file = file
        self._hash = hashlib.sha256()
        self._head = b""
        self._size = 0

    def write(self, data: bytes) -> None:
        """The next bytes. Raises AttachmentTooLarge; BadAttachment as soon as the beginning is of no kept kind."""
        self._size += len(data)
        if self._size > LARGEST:
            raise AttachmentTooLarge
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
            if len(self._head) == HEAD and media_type_of(self._head) is None:
                raise BadAttachment
        self._hash.update(data)
        self._file.write(data)

    def finish(self, name: str) -> ReceivedFile:
        """What it is, with its content on the disk but not yet in its place. Raises BadAttachment."""
        if not self._size:
            raise EmptyAttachment
        media_type = media_type_of(self._head)
        if media_type is None:
            raise BadAttachment
        self._file.flush()
        os.fsync(self._file.fileno())
        sha256 = self._hash.hexdigest()
        return ReceivedFile(
            name=clean_name(name, media_type),
            media_type=media_type,
            size=self._size,
            sha256=sha256,
            path=f"{sha256[:2]}/{sha256}",
        )

    def keep(self, file: ReceivedFile) -> None:
        """Put it in its place, durably. The same content twice is one file."""
        target = self._folder / file.path
        target.parent.mkdir(mode=0o700, exist_ok=True)
        self._path.rename(target)
        _sync(target.parent)
        _sync(self._folder)


class AttachmentFiles:
    """The folder of attachments; it is made when first needed, for its owner alone."""

    def __init__(self, folder: Path, reserve: int = RESERVE) -> None:
        self._folder = folder
        self._reserve = reserve

    @contextmanager
    def receive(self) -> Iterator[Arriving]:
        """A file to be received; of one that is not kept when the block ends nothing is left. Raises NoRoom."""
        arriving = self._folder / ARRIVING
        for folder in (self._folder, arriving):
            folder.mkdir(mode=0o700, exist_ok=True)
        _forget(arriving)
        if shutil.disk_usage(arriving).free < self._reserve + LARGEST:
            raise NoRoom
        path = arriving / secrets.token_hex(16)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield Arriving(self._folder, path, file)
        finally:
            path.unlink(missing_ok=True)

    def place(self, attachment: Attachment) -> Path | None:
        """Where the content lies; None if it is not there."""
        path = (self._folder / attachment.file.path).resolve()
        return path if path.is_relative_to(self._folder.resolve()) and path.is_file() else None


def copy_into(arriving: Arriving, source: BinaryIO) -> None:
    """Everything that `source` holds, a piece at a time."""
    while piece := source.read(1 << 16):
        arriving.write(piece)


def _forget(arriving: Path) -> None:
    before = time.time() - FORGOTTEN_S
    for entry in os.scandir(arriving):
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < before:
                os.unlink(entry.path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
