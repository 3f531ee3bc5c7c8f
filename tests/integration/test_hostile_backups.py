"""A backup that somebody else wrote, with a manifest that agrees with itself: nothing leaves its place or breaks."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callcenter.runtime import backup_manifest as manifests
from callcenter.runtime.backup_manifest import BackupDamaged, check, read

DUMP = b"PGDMP"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A folder with a dump and a recording."""
    folder = tmp_path / "backup"
    (folder / "recordings").mkdir(parents=True)
    (folder / "database.dump").write_bytes(DUMP)
    (folder / "recordings" / "a.wav").write_bytes(b"sound")
    return folder


def sealed(folder: Path, **changes: Any) -> None:
    """Write a manifest whose own checksum is right."""
    body: dict[str, Any] = {
        "format": manifests.FORMAT,
        "made_at": "2026-11-20T02:00:00+00:00",
        "version": "1",
        "revision": "0014",
        "pg_dump": 18,
        "counts": {"tickets": 1},
        "not_found": [],
        "files": {"database.dump": entry(DUMP), "recordings/a.wav": entry(b"sound")},
        **changes,
    }
    written = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    body["hash"] = hashlib.sha256(written).hexdigest()
    (folder / manifests.NAME).write_text(json.dumps(body))


def entry(content: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def test_one_that_is_good(backup: Path) -> None:
    sealed(backup)
    check(backup, read(backup))


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "recordings/../../outside",
        "/etc/passwd",
        "recordings//a.wav",
        "recordings/./a.wav",
        "recordings/..",
        "recordings",
        "",
        ".",
        "staff.toml",
        "postgres/data/pg_hba.conf",
        "restore-unfinished/x",
        "lock",
        "recordings/a\0b",
    ],
)
def test_no_name_leads_out_of_its_place(backup: Path, name: str) -> None:
    sealed(backup, files={"database.dump": entry(DUMP), name: entry(b"sound")})
    with pytest.raises(BackupDamaged):
        read(backup)


@pytest.mark.parametrize(
    "changes",
    [
        {"pg_dump": float("inf")},
        {"pg_dump": "9" * 5000},
        {"counts": {"tickets": float("nan")}},
        {"counts": []},
        {"made_at": "never"},
        {"made_at": 1},
        {"files": {"database.dump": {"sha256": "", "size": float("inf")}}},
        {"files": {"database.dump": []}},
        {"files": []},
        {"files": {}},
        {"not_found": 1},
        {"format": 2},
        {"format": []},
    ],
)
def test_a_manifest_of_odd_values(backup: Path, changes: dict[str, Any]) -> None:
    sealed(backup, **changes)
    with pytest.raises(BackupDamaged):
        read(backup)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'{"hash": 1}', b"9" * 5000]
)
def test_a_manifest_that_is_none(backup: Path, content: bytes) -> None:
    (backup / manifests.NAME).write_bytes(content)
    with pytest.raises(BackupDamaged):
        read(backup)


def linked_file(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").unlink()
    (folder / "recordings" / "a.wav").symlink_to(outside / "a.wav")


def linked_folder(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").unlink()
    (folder / "recordings").rmdir()
    (folder / "recordings").symlink_to(outside)


def pipe(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").unlink()
    os.mkfifo(folder / "recordings" / "a.wav")


def another_folder(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").unlink()
    (folder / "recordings" / "a.wav").mkdir()


def cut_off(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").write_bytes(b"soun")


def changed(folder: Path, outside: Path) -> None:
    (folder / "recordings" / "a.wav").write_bytes(b"noise")


@pytest.mark.parametrize("spoil", [linked_file, linked_folder, pipe, another_folder, cut_off, changed])
def test_what_is_no_plain_file_of_the_backup(
    backup: Path, tmp_path: Path, spoil: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.wav").write_bytes(b"sound")
    spoil(backup, outside)
    sealed(backup)
    manifest = read(backup)
    with pytest.raises(BackupDamaged):
        check(backup, manifest)
