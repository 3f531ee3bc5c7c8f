"""`shouwen restore`: a backup into a home and a database that hold nothing yet; all of it or nothing.

Everything is built in a folder of its own inside the home, an embedded database too, and moved into place at the end.
Until then nobody takes any of it for the product's: whatever ends a restore leaves a home that is as empty as before.
A database of the operator's own takes the dump in one transaction; what follows is undone if it fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

from callcenter.db import migrate
from callcenter.db.address import database_url, embedded_folder
from callcenter.db.metadata import METADATA
from callcenter.errors import ShouwenError
from callcenter.runtime import anchors, backup_database, backup_programs, home
from callcenter.runtime import backup_manifest as manifests
from callcenter.runtime.backup_manifest import DUMP, Manifest
from callcenter.runtime.log_units import log_units
from callcenter.services.audit import Findings, verify
from callcenter.settings import Settings

STAGE = "restore-unfinished"
"""The folder in the home that a restore builds in; one that a killed restore left is in nobody's way."""

Tell = Callable[[str], None]


class RestoreRefused(ShouwenError):
    """The backup cannot be restored here."""


class RestoreFailed(ShouwenError):
    """The restore failed; nothing of it is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it."""

    manifest: Manifest
    counts: Mapping[str, int]
    """Of the database now; those that the manifest has agree with it."""
    findings: Findings
    """What `audit verify` says of the restored log."""


def restore(settings: Settings, folder: Path, tell: Tell) -> Restored:
    """Restore the backup in `folder` into this home and its database; raises a ShouwenError and leaves nothing behind.

    Faults in the log itself are no failure: they were backed up, and are told in the result.
    """
    folder = folder.absolute()
    manifest = manifests.read(folder)
    _refuse_newer(manifest)
    _refuse_home(settings)
    manifests.check(folder, manifest)
    tell(f"the backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC is whole: {len(manifest.files)} files")
    if settings.database_url is not None:
        _refuse_database(settings)
    with _stage(settings) as stage:
        _copy_files(folder, manifest, stage)
        tell("files are copied")
        result = _restore_database(settings, folder, manifest, stage, tell)
    return result


def _refuse_newer(manifest: Manifest) -> None:
    known = {revision.revision for revision in ScriptDirectory.from_config(migrate.config()).walk_revisions()}
    if manifest.revision not in known:
        raise RestoreRefused(
            f"version {manifest.version} of the program made this backup, with tables of revision {manifest.revision};"
            f" this one knows them up to {migrate.head()}: install that version or a later one"
        )


def _refuse_home(settings: Settings) -> None:
    """Raises HomeInUse while the product runs on it, RestoreRefused if anything lies in it."""
    folder = settings.home
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RestoreRefused(f"SHOUWEN_HOME {folder} is no folder")
    if home.is_locked(settings):
        with home.locked(settings):  # raises and says who
            pass
    try:
        found = [entry for entry in sorted(folder.iterdir()) if not _is_nothing(entry)]
    except OSError as error:
        raise RestoreRefused(f"SHOUWEN_HOME {folder} cannot be read: {error.strerror}") from error
    if found:
        raise RestoreRefused(
            f"SHOUWEN_HOME {folder} is not empty ({found[0].name}): set it to a folder that is not there yet"
        )


def _is_nothing(entry: Path) -> bool:
    """Whether what lies in a home is no data: the lock, an empty folder, the remains of a killed restore."""
    if entry.name in (home.LOCK, STAGE):
        return True
    return entry.is_dir() and not entry.is_symlink() and not os.listdir(entry)


def _refuse_database(settings: Settings) -> None:
    with backup_database.connect(database_url(settings)) as connection:
        names = [*METADATA.tables, "alembic_version"]
        query = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NOT NULL LIMIT 1"
        row = connection.execute(query, [names]).fetchone()
    if row is not None:
        raise RestoreRefused(
            f"the database of SHOUWEN_DATABASE_URL is not empty (table {row[0]}): make a new one with createdb"
        )


@contextmanager
def _stage(settings: Settings) -> Iterator[Settings]:
    """The settings of a home to build in; at the end of the block all that is in it moves up into the real one."""
    existed = settings.home.exists()
    home.prepare(settings)
    stage = settings.model_copy(update={"home": settings.home.absolute() / STAGE})
    try:
        with home.locked(settings):
            try:
                shutil.rmtree(stage.home, ignore_errors=True)
                home.prepare(stage)
                yield stage
                os.sync()
                _move_up(stage, settings)
            except OSError as error:
                where = error.filename or settings.home
                raise RestoreFailed(f"{where}: {error.strerror or error}; nothing is left of it") from error
            finally:
                shutil.rmtree(stage.home, ignore_errors=True)
    except BaseException:
        if not existed:
            shutil.rmtree(settings.home, ignore_errors=True)
        raise


def _move_up(stage: Settings, settings: Settings) -> None:
    """Move everything into place, the database last: without one, a home is a new one."""
    for entry in sorted(stage.home.iterdir(), key=lambda path: path == embedded_folder(stage)):
        # a folder may take the place of an empty one (rename(2))
        entry.rename(settings.home / entry.name)
    os.sync()


def _copy_files(folder: Path, manifest: Manifest, stage: Settings) -> None:
    for name, entry in manifest.files.items():
        if name != DUMP and manifests.copy(folder / name, stage.home / name) != entry:
            raise RestoreFailed(f"{folder / name} changed while it was read; nothing is left of the restore")


def _restore_database(
    settings: Settings, folder: Path, manifest: Manifest, stage: Settings, tell: Tell
) -> Restored:
    with ExitStack() as stack:
        if settings.database_url is None:
            url = stack.enter_context(backup_database.running(stage))
        else:
            url = database_url(settings)
        backup_programs.load(url, folder / DUMP, manifest.pg_dump)
        tell("database is filled")
        try:
            return _bring_up(url, manifest, stage, tell)
        except BaseException:
            if settings.database_url is not None:
                _empty(url)
            raise


def _bring_up(url: str, manifest: Manifest, stage: Settings, tell: Tell) -> Restored:
    """Bring the tables to this version, then compare and look over what is in them."""
    with backup_database.connect(url) as connection:
        revision, found = backup_database.revision_of(connection), backup_database.counts(connection)
    if revision != manifest.revision:
        raise RestoreFailed(f"the dump holds revision {revision}, the manifest says {manifest.revision}")
    for name, count in manifest.counts.items():
        if found.get(name) != count:
            raise RestoreFailed(f"the dump holds {found.get(name)} {name}, the manifest says {count}")
    if revision != migrate.head():
        migrate.upgrade(url)
        tell(f"tables brought from revision {revision} to {migrate.head()}")
    with log_units(url) as units, units() as uow:
        findings = verify(uow, anchors.read_lines(anchors.anchor_file(stage)))
    return Restored(manifest=manifest, counts=found, findings=findings)


def _empty(url: str) -> None:
    """Take our tables out of a database that had none before."""
    migrate.downgrade(url, "base")
    with backup_database.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS alembic_version")
