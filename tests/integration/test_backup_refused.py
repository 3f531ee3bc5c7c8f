"""A backup that is damaged, or a place that is not free, is refused, and nothing is left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.runtime import backup_database, backup_manifest, backup_programs, home
from callcenter.runtime.backup import BackupFailed, back_up
from callcenter.runtime.backup_manifest import BackupDamaged
from callcenter.runtime.restore import STAGE, RestoreFailed, RestoreRefused, restore
from callcenter.settings import Settings
from tests.support.backups import Desk, desk, elsewhere, new_home, place, quiet

__all__ = ["desk", "elsewhere", "new_home", "place"]


def edit_manifest(place: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Change the manifest as somebody would who knows how it is made."""
    path = place / backup_manifest.NAME
    body = json.loads(path.read_text())
    body.pop("hash")
    change(body)
    path.write_text(json.dumps({**body, "hash": backup_manifest._hash(body)}))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bit of the dump": (lambda place: flip(place / "database.dump"), "checksum"),
    "the end of the journal": (lambda place: truncate(place / "journal.db"), "bytes"),
    "a recording": (lambda place: (place / "recordings" / "261120-1-003.wav").unlink(), "missing"),
    "a bit of the manifest": (
        lambda place: (place / "manifest.json").write_text(
            (place / "manifest.json").read_text().replace('"tickets": 10', '"tickets": 11')
        ),
        "manifest.json was changed or is damaged",
    ),
    "the manifest": (lambda place: (place / "manifest.json").unlink(), "holds no backup"),
    "the end of the manifest": (lambda place: truncate(place / "manifest.json"), "is damaged"),
    "it was never finished": (lambda place: (place / "unfinished").mkdir(), "never finished"),
    "a way out": (
        lambda place: edit_manifest(
            place, lambda body: body.update(files={"recordings/../../x": {"sha256": "", "size": 0}})
        ),
        "names 'recordings/../../x'",
    ),
    "a link": (
        lambda place: (
            (place / "anchors.jsonl").rename(place / "moved").with_name("anchors.jsonl").symlink_to("moved")
        ),
        "missing",
    ),
    "a newer program": (
        lambda place: edit_manifest(place, lambda body: body.update(revision="9999")),
        "later",
    ),
    "another format": (
        lambda place: edit_manifest(place, lambda body: body.update(format=2)),
        "newer version",
    ),
    "other counts": (
        lambda place: edit_manifest(place, lambda body: body.update(counts={"tickets": 11})),
        "holds 10 tickets",
    ),
    "another revision": (
        lambda place: edit_manifest(place, lambda body: body.update(revision="0001")),
        "0001",
    ),
}


def test_a_damaged_backup_is_refused_and_nothing_is_left(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str, tmp_path: Path
) -> None:
    back_up(settings, place, quiet)
    target = Settings(home=new_home, database_url=elsewhere)
    for name, (damage, said) in DAMAGES.items():
        copy = tmp_path / "damaged"
        shutil.copytree(place, copy)
        damage(copy)
        with pytest.raises((BackupDamaged, RestoreRefused, RestoreFailed), match=said) as caught:
            restore(target, copy, quiet)
        assert "\n" not in str(caught.value), name
        assert not new_home.exists(), name
        with backup_database.connect(elsewhere) as connection:
            assert connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone() == (0,), name
        shutil.rmtree(copy)
    assert restore(target, place, quiet).findings.ok


def test_a_dump_that_breaks_off_while_restored_leaves_nothing(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    """The checksums are right and the contents are not: the embedded database goes with the rest."""
    back_up(settings, place, quiet)
    dump = place / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    entry = backup_manifest.entry_of(dump)

    def change(body: dict[str, object]) -> None:
        files = body["files"]
        assert isinstance(files, dict)
        files["database.dump"] = {"sha256": entry.sha256, "size": entry.size}

    edit_manifest(place, change)
    for target in (
        Settings(home=new_home, database_url=elsewhere),
        Settings(home=new_home, database_url=None),
    ):
        with pytest.raises(backup_programs.DatabaseProgramFailed, match="pg_restore failed"):
            restore(target, place, quiet)
        assert not new_home.exists()


def test_a_home_in_use_or_not_empty_is_refused(
    desk: Desk, settings: Settings, place: Path, new_home: Path, elsewhere: str
) -> None:
    back_up(settings, place, quiet)
    target = Settings(home=new_home, database_url=elsewhere)
    home.prepare(target)
    with home.locked(target), pytest.raises(home.HomeInUse):
        restore(target, place, quiet)
    (new_home / "journal.db").touch()
    with pytest.raises(RestoreRefused, match=r"journal\.db"):
        restore(target, place, quiet)
    (new_home / "journal.db").unlink()
    # what a killed restore left is in nobody's way
    (new_home / STAGE / "postgres").mkdir(parents=True)
    assert restore(target, place, quiet).findings.ok


@pytest.mark.parametrize("inside", ["", "recordings", "backups/monday"])
def test_a_backup_inside_the_home_is_refused(desk: Desk, settings: Settings, inside: str) -> None:
    with pytest.raises(BackupFailed, match="elsewhere"):
        back_up(settings, settings.home / inside, quiet)


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(
    desk: Desk, settings: Settings, place: Path
) -> None:
    place.mkdir()
    (place / "other").write_text("other")
    with pytest.raises(BackupFailed, match="'other'"):
        back_up(settings, place, quiet)
    (place / "other").rename(place.parent / "other")
    (place / "unfinished").mkdir()
    with pytest.raises(BackupFailed, match="an unfinished backup"):
        back_up(settings, place, quiet)
    (place / "unfinished").rmdir()
    with pytest.raises(BackupFailed, match="Not a directory"):
        back_up(settings, place.parent / "other", quiet)
    back_up(settings, place, quiet)
    with pytest.raises(BackupFailed, match="not empty"):
        back_up(settings, place, quiet)
    assert backup_manifest.read(place).counts["tickets"] == 10


def test_a_backup_that_fails_leaves_nothing(desk: Desk, settings: Settings, place: Path) -> None:
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (settings.home / name).rename(settings.home / f"aside-{name}")
    settings.journal.write_bytes(b"this is no journal" * 1000)
    with pytest.raises(BackupFailed, match="journal"):
        back_up(settings, place, quiet)
    assert not place.exists()
    place.mkdir()
    with pytest.raises(BackupFailed, match="journal"):
        back_up(settings, place, quiet)
    assert list(place.iterdir()) == []
