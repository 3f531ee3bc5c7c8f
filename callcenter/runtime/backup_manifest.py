"""The list of what a backup holds, with a checksum of each file and one of itself."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from callcenter.errors import ShouwenError
from callcenter.own_holidays import FILE as HOLIDAYS

NAME = "manifest.json"
FORMAT = 1
UNFINISHED = "unfinished"
"""The folder that a backup is written in; while it is there, there is no backup."""
DUMP = "database.dump"
JOURNAL = "journal.db"
NOTES = ("demo-accounts.json", "demo-calls-placed", HOLIDAYS)
FILES = (DUMP, JOURNAL, "anchors.jsonl", *NOTES)
WAITING = ("inbox",)
"""What goes away once the database has it: copied before the dump."""
FOLDERS = ("recordings", "attachments", "policies")
"""What a backup may hold; nothing else is ever put into a home."""

_BLOCK = 1 << 20


class BackupDamaged(ShouwenError):
    """The backup is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a backup."""

    sha256: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    made_at: datetime
    version: str
    """Of the program that made it."""
    revision: str
    """Of the database's tables."""
    pg_dump: int
    """Major version of the pg_dump that wrote the dump."""
    counts: Mapping[str, int]
    files: Mapping[str, Entry] = field(repr=False)
    """By path within the backup, which is also that within SHOUWEN_HOME."""
    not_found: tuple[str, ...] = ()
    """Files that rows name and that were not there to be copied."""


def write(manifest: Manifest, path: Path) -> None:
    """Put the manifest in place whole, on disk when this returns."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.version,
        "revision": manifest.revision,
        "pg_dump": manifest.pg_dump,
        "counts": dict(manifest.counts),
        "not_found": list(manifest.not_found),
        "files": {
            name: {"sha256": entry.sha256, "size": entry.size}
            for name, entry in sorted(manifest.files.items())
        },
    }
    body["hash"] = _hash(body)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        json.dump(body, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of the backup in that folder; raises BackupDamaged with what is wrong."""
    if not folder.is_dir():
        raise BackupDamaged(f"{folder} is no folder")
    if (folder / UNFINISHED).exists():
        raise BackupDamaged(f"the backup in {folder} was never finished: make another")
    try:
        content = (folder / NAME).read_bytes()
    except FileNotFoundError as error:
        raise BackupDamaged(f"{folder} holds no backup: {NAME} is missing") from error
    except OSError as error:
        raise BackupDamaged(f"{folder / NAME} cannot be read: {error.strerror}") from error
    try:
        body: dict[str, Any] = json.loads(content)
        stated, format_ = body.pop("hash"), body["format"]
        if format_ != FORMAT:
            raise BackupDamaged(f"the backup has format {format_}: a newer version of the program made it")
        if stated != _hash(body):
            raise BackupDamaged(f"{folder / NAME} was changed or is damaged")
        manifest = Manifest(
            made_at=datetime.fromisoformat(body["made_at"]),
            version=str(body["version"]),
            revision=str(body["revision"]),
            pg_dump=int(body["pg_dump"]),
            counts={str(name): int(count) for name, count in body["counts"].items()},
            files={
                str(name): Entry(sha256=str(entry["sha256"]), size=int(entry["size"]))
                for name, entry in body["files"].items()
            },
            not_found=tuple(map(str, body["not_found"])),
        )
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
        raise BackupDamaged(f"{folder / NAME} is damaged") from error
    strange = [name for name in manifest.files if not _belongs(name)]
    if strange or DUMP not in manifest.files:
        raise BackupDamaged(f"{folder / NAME} names {strange[0]!r}" if strange else f"{DUMP} is not listed")
    return manifest


def check(folder: Path, manifest: Manifest) -> None:
    """Read every file of the backup; raises BackupDamaged with the first that is missing or not what was written."""
    for name, entry in manifest.files.items():
        path = folder / name
        try:
            # neither it nor a folder on the way to it is a link
            if path.resolve() != folder.resolve() / name or not path.is_file():
                raise BackupDamaged(f"{path} is missing")
            size, digest = path.stat().st_size, hashlib.sha256()
            if size != entry.size:
                raise BackupDamaged(f"{path} has {size} bytes, {entry.size} were written")
            for block in blocks(path):
                digest.update(block)
        except OSError as error:
            raise BackupDamaged(f"{path} cannot be read: {error.strerror}") from error
        if digest.hexdigest() != entry.sha256:
            raise BackupDamaged(f"{path} is not what was written: its checksum differs")


def blocks(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def copy(source: Path, target: Path) -> Entry:
    """Copy a file, for its owner alone, and say what was copied; `target` must not be there."""
    _make_private(target.parent)
    digest, size = hashlib.sha256(), 0
    status = source.stat()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for block in blocks(source):
            file.write(block)
            digest.update(block)
            size += len(block)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return Entry(sha256=digest.hexdigest(), size=size)


def _make_private(folder: Path) -> None:
    """Have the folder and those above it, for their owner alone: `mkdir(parents=True)` leaves these to the umask."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700)


def entry_of(path: Path) -> Entry:
    """What a file holds."""
    digest = hashlib.sha256()
    for block in blocks(path):
        digest.update(block)
    return Entry(sha256=digest.hexdigest(), size=path.stat().st_size)


def _belongs(name: str) -> bool:
    """Whether a backup may hold a file of that path: nothing may lead out of the home."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or "\0" in name:
        return False
    return name in FILES or (len(path.parts) > 1 and path.parts[0] in (*WAITING, *FOLDERS))


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
