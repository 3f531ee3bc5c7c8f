"""`shouwen backup`: everything that the product keeps, into a folder, while calls go on.

The order is what makes it whole. Rows name files that are there before them and are never changed, so whatever the
dump names is there when the files are copied after it. The journal comes after the dump too, because the database must
never be ahead of it (it would take new events for ones it has), and before the files, which its events name as well.
Before the dump come the anchors, because all that they seal must be in it, and the messages that wait for the database,
because they go away once it has them; one that is in both is known by its number.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from callcenter.errors import ShouwenError
from callcenter.runtime import anchors, backup_database, backup_programs
from callcenter.runtime import backup_manifest as manifests
from callcenter.runtime.backup_manifest import (
    DUMP,
    FILES,
    FOLDERS,
    JOURNAL,
    NOTES,
    UNFINISHED,
    WAITING,
    Entry,
    Manifest,
)
from callcenter.runtime.log_units import log_units
from callcenter.settings import Settings

Tell = Callable[[str], None]


class BackupFailed(ShouwenError):
    """The backup could not be made; nothing is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that is done."""

    folder: Path
    manifest: Manifest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.manifest.files.values())


def back_up(settings: Settings, folder: Path, tell: Tell) -> Backup:
    """Make a backup in `folder`, which is empty or not there; raises a ShouwenError and leaves nothing behind.

    It is written in a folder of its own inside and moved up at the end, the manifest last: without that, no backup.
    """
    folder = folder.absolute()
    if folder.resolve().is_relative_to(settings.home.resolve()):
        raise BackupFailed(
            f"{folder} lies in SHOUWEN_HOME: a backup belongs elsewhere, best on another machine"
        )
    with _new(folder) as work:
        manifest = _fill(settings, work, tell)
        os.sync()
        for entry in sorted(work.iterdir(), key=lambda path: path.name == manifests.NAME):
            entry.rename(folder / entry.name)
        work.rmdir()
        os.sync()
    return Backup(folder=folder, manifest=manifest)


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """The folder to write in; when the block fails everything in it goes, and `folder` too if it is ours."""
    existed = folder.exists()
    work = folder / UNFINISHED
    try:
        if existed and (found := sorted(os.listdir(folder))):
            what = "an unfinished backup" if UNFINISHED in found else repr(found[0])
            raise BackupFailed(f"{folder} is not empty ({what}): choose a new folder")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not existed:
            folder.chmod(0o700)
        work.mkdir(mode=0o700)
        try:
            yield work
        except BaseException:
            for name in [UNFINISHED, *FILES, *WAITING, *FOLDERS, manifests.NAME]:
                _remove(folder / name)
            if not existed:
                folder.rmdir()
            raise
    except OSError as error:
        raise BackupFailed(
            f"{error.filename or folder}: {error.strerror or error}; nothing is left of it"
        ) from error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _fill(settings: Settings, work: Path, tell: Tell) -> Manifest:
    files: dict[str, Entry] = {}
    made_at = datetime.now(UTC)
    with backup_database.served(settings) as url:
        with log_units(url) as units:
            anchors.anchor_now(settings, units)
        _one_file(settings, work, anchors.anchor_file(settings).name, files)
        tell("the log of tickets is sealed by an anchor")
        for folder in WAITING:
            files |= _copy_folder(settings.home / folder, work / folder)
        with backup_database.frozen(url) as snapshot:
            pg_dump = backup_programs.dump(url, snapshot, work / DUMP)
    files[DUMP] = manifests.entry_of(work / DUMP)
    tell(f"database: {_megabytes(files[DUMP].size)}")
    if settings.journal.exists():
        _copy_journal(settings.journal, work / JOURNAL)
        files[JOURNAL] = manifests.entry_of(work / JOURNAL)
        tell(f"journal: {_megabytes(files[JOURNAL].size)}")
    for name in NOTES:
        _one_file(settings, work, name, files)
    for folder in FOLDERS:
        copied = dict(_copy_folder(settings.home / folder, work / folder))
        files |= copied
        if copied:
            size = sum(entry.size for entry in copied.values())
            tell(f"{folder}: {len(copied)} files, {_megabytes(size)}")
    not_found = tuple(name for name in snapshot.files if name not in files)
    if not_found:
        tell(
            f"warning: {len(not_found)} files that the database names are not here: {manifests.NAME} lists them"
        )
    manifest = Manifest(
        made_at=made_at,
        version=version("shouwen"),
        revision=snapshot.revision,
        pg_dump=pg_dump,
        counts=snapshot.counts,
        files=files,
        not_found=not_found,
    )
    manifests.write(manifest, work / manifests.NAME)
    return manifest


def _one_file(settings: Settings, work: Path, name: str, files: dict[str, Entry]) -> None:
    if (settings.home / name).exists():
        files[name] = manifests.copy(settings.home / name, work / name)


def _copy_folder(source: Path, target: Path) -> Iterator[tuple[str, Entry]]:
    """Copy every file below `source`; what is no plain file is left out, as is one that goes away meanwhile."""

    def fail(error: OSError) -> None:
        raise error

    if not source.is_dir():
        return
    for parent, _folders, names in os.walk(source, onerror=fail):
        for name in names:
            path = Path(parent) / name
            if path.is_symlink() or not path.is_file():
                continue
            relative = path.relative_to(source)
            try:
                entry = manifests.copy(path, target / relative)
            except FileNotFoundError:
                continue
            yield f"{source.name}/{relative.as_posix()}", entry


def _copy_journal(source: Path, target: Path) -> None:
    """A consistent copy of the journal while `agi` writes it, by SQLite's own means."""
    target.touch(0o600)
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
            ) as journal,
            closing(sqlite3.connect(target)) as copy,
        ):
            journal.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            fault = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupFailed(f"the journal {source} cannot be copied: {error}") from error
    if fault != "ok":
        raise BackupFailed(f"the journal {source} is damaged ({fault}); restart agi, which puts it aside")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
