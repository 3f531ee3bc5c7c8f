"""An archive may be hostile or broken: nothing lands outside the folder, nothing without bound, nothing in part."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime.models import store, unpack
from callcenter.runtime.models.catalogue import Archive, Source
from callcenter.runtime.models.errors import ModelUnavailable
from callcenter.runtime.models.fetch import fetch
from tests.support.breaking_server import OneFile, serving
from tests.support.wheels import archive, model


def _climbing(path: Path) -> None:
    archive(path, {"v/m": "m", "v/../../../climbed": "x"})


def _absolute(path: Path) -> None:
    archive(path, {"v/m": "m", "/tmp/climbed": "x"})


def _windows(path: Path) -> None:
    archive(path, {"v/m": "m", "v\\..\\climbed": "x"})


def _drive(path: Path) -> None:
    archive(path, {"v/m": "m", "c:/climbed": "x"})


def _nameless(path: Path) -> None:
    archive(path, {"v/m": "m", ".": "x"})


def _broken_lzma(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr("v/m", "m" * 1000)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"v/m") + 3 + 4 : raw.index(b"v/m") + 3 + 9] = b"\xff" * 5  # the properties of the stream
    path.write_bytes(raw)


def _broken_bzip2(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as zipped:
        zipped.writestr("v/m", "m" * 1000)
    path.write_bytes(path.read_bytes().replace(b"BZh", b"BZx", 1))


def _link(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("v/m", "m")
        link = zipfile.ZipInfo("v/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        zipped.writestr(link, "/etc/passwd")


def _device(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        device = zipfile.ZipInfo("v/m")
        device.external_attr = (stat.S_IFCHR | 0o666) << 16
        zipped.writestr(device, "")


def _twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("v/m", "one")
        with pytest.warns(UserWarning, match="Duplicate"):
            zipped.writestr("v/m", "two")


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("v/m", b"\0" * 80_000_000)


def _lying_bomb(path: Path) -> None:
    """Its directory says that it unpacks to 10 bytes."""
    _bomb(path)
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(signature) + offset, 10)
    path.write_bytes(raw)


def _many(path: Path) -> None:
    archive(path, {f"v/{number}": "" for number in range(unpack.MOST_FILES + 1)})


def _truncated(path: Path) -> None:
    archive(path, {"v/m": "m" * 1000})
    path.write_bytes(path.read_bytes()[:500])


def _rotten(path: Path) -> None:
    archive(path, {"v/m": "m" * 1000})
    path.write_bytes(path.read_bytes().replace(b"mmmm", b"mmxm", 1))


def _encrypted(path: Path) -> None:
    archive(path, {"v/m": "m"})
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 1
    path.write_bytes(raw)


def _no_zip(path: Path) -> None:
    path.write_text("<html>Sign in to this network</html>")


def _empty(path: Path) -> None:
    archive(path, {})


def _two_folders(path: Path) -> None:
    archive(path, {"a/m": "1", "b/y": "2"})


def _loose(path: Path) -> None:
    archive(path, {"m": "m"})


def _another_model(path: Path) -> None:
    archive(path, {"v/other": "m"})


HOSTILE = [
    _climbing, _absolute, _windows, _drive, _nameless, _broken_lzma, _broken_bzip2, _link, _device,
    _twice, _bomb, _lying_bomb, _many, _truncated, _rotten,
    _encrypted, _no_zip, _empty, _two_folders, _loose, _another_model,
]  # fmt: skip


@pytest.mark.parametrize("make", HOSTILE)
def test_what_a_vendor_sends_is_refused_and_leaves_nothing(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "vosk.zip")
    cache = tmp_path / "deep" / "models"
    cache.mkdir(parents=True)
    with serving(OneFile((tmp_path / "vosk.zip").read_bytes())) as file:
        vendor = model(Source(parts=(Archive(address=file.address),)))
        with pytest.raises(ModelUnavailable) as caught:
            fetch(vendor, cache, Console())
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in cache.iterdir()] == ["small.lock"]
    assert not list(tmp_path.rglob("climbed"))
    assert not Path("/tmp/climbed").exists()


@pytest.mark.parametrize("make", HOSTILE)
def test_what_an_operator_brings_is_refused_too(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "vosk.zip")
    cache = tmp_path / "deep" / "models"
    cache.mkdir(parents=True)
    with pytest.raises(ModelUnavailable):
        fetch(model(), cache, Console(), local=[tmp_path / "vosk.zip"], only_local=True)
    assert [entry.name for entry in cache.iterdir()] == ["small.lock"]
    assert (tmp_path / "vosk.zip").exists()


def test_a_record_in_the_archive_does_not_vouch_for_itself(tmp_path: Path) -> None:
    path = archive(tmp_path / "vosk.zip", {"v/m": "m", f"v/{store.RECORD}": '{"pinned": true}'})
    cache = tmp_path / "models"
    cache.mkdir()
    record = store.read_record(fetch(model(), cache, Console(), local=[path], only_local=True))
    assert record is not None
    assert record.pinned is False
    assert set(record.files) == {"m"}
