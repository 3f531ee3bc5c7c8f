"""A model comes into the cache whole or not at all, from the first source that works, in two processes at once too."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime.models import catalogue, store
from callcenter.runtime.models import fetch as fetching
from callcenter.runtime.models.catalogue import Archive, Model, Shipped, Source
from callcenter.runtime.models.errors import ModelUnavailable, UnknownModel
from callcenter.runtime.models.fetch import fetch
from callcenter.runtime.models.quiet import Quiet
from callcenter.runtime.unpacked import NoSpace
from tests.support.breaking_server import OneFile, serving
from tests.support.wheels import archive, model, small_model

WANTED = {"m": b"ABCD", "config": b"c", "deep/g": b"g"}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where models will be."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only index there is."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def content(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != store.RECORD
    }


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_model_is_put_together_from_its_packages(index: Path, cache: Path) -> None:
    place = fetch(small_model(index), cache, Console())
    assert content(place) == WANTED
    assert names(cache) == ["small", "small.lock"]
    record = store.read_record(place)
    assert record is not None
    assert (record.pinned, record.source) == (True, "speech-part1 1.0, speech-part2 1.0")
    assert set(record.files) == set(WANTED)


def test_two_at_once_fetch_it_once(index: Path, cache: Path) -> None:
    small = small_model(index)
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(small, cache, Console()))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [cache / "small"] * 2


@pytest.mark.parametrize("damage", ["checksum", "wheel"])
def test_what_arrives_damaged_leaves_nothing(index: Path, cache: Path, damage: str) -> None:
    small = small_model(index, checksum="0" * 64) if damage == "checksum" else small_model(index)
    if damage == "wheel":
        wheel = index / "speech_part1-1.0-py3-none-any.whl"
        wheel.write_bytes(wheel.read_bytes() + b"x")
    with pytest.raises(ModelUnavailable, match="small"):
        fetch(small, cache, Console())
    assert names(cache) == ["small.lock"]


def test_packages_that_came_are_kept_for_the_next_attempt(index: Path, cache: Path) -> None:
    small = small_model(index)
    second = index / "speech_part2-1.0-py3-none-any.whl"
    second.rename(index / "away")
    with pytest.raises(ModelUnavailable, match="speech-part2"):
        fetch(small, cache, Console())
    assert names(cache) == ["small.lock", "small.partial"]
    (index / "away").rename(second)
    (index / "speech_part1-1.0-py3-none-any.whl").unlink()
    assert content(fetch(small, cache, Console())) == WANTED
    assert names(cache) == ["small", "small.lock"]


def test_the_second_source_is_tried_when_the_first_fails(index: Path, cache: Path) -> None:
    first, second = small_model(index, suffix="-a"), small_model(index, suffix="-b")
    (index / "speech_a_part1-1.0-py3-none-any.whl").unlink()
    place = fetch(model(*first.sources, *second.sources), cache, Console())
    record = store.read_record(place)
    assert record is not None
    assert record.source.startswith("speech-b-part1")


def test_when_no_source_works_every_reason_is_told(index: Path, cache: Path) -> None:
    small = small_model(index)
    (index / "speech_part1-1.0-py3-none-any.whl").unlink()
    away = Source(parts=(Archive(address="https://127.0.0.1:1/model.zip"),))
    with pytest.raises(ModelUnavailable) as caught:
        fetch(model(*small.sources, away), cache, Console())
    said = str(caught.value)
    assert "speech-part1 1.0" in said
    assert "127.0.0.1:1/model.zip cannot be reached" in said
    assert "\n" not in said


def test_an_archive_of_a_vendor_is_believed_once_and_remembered(tmp_path: Path, cache: Path) -> None:
    zipped = archive(tmp_path / "a.zip", {"vosk-small/m": "m", "vosk-small/am/final.mdl": "f"})
    with serving(OneFile(zipped.read_bytes(), breaks=[50])) as file:
        place = fetch(model(Source(parts=(Archive(address=file.address),))), cache, Console())
        assert file.asked[1] == "bytes=50-"
    assert content(place) == {"m": b"m", "am/final.mdl": b"f"}
    record = store.read_record(place)
    assert record is not None
    assert record.pinned is False
    assert record.files["m"] == hashlib.sha256(b"m").hexdigest()
    assert names(cache) == ["small", "small.lock"]


def test_what_comes_with_the_product_completes_a_model(
    index: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "voice.bin").write_bytes(b"v")
    monkeypatch.setattr(fetching, "SHIPPED", tmp_path)
    (source,) = small_model(index).sources
    parts = (*source.parts, Shipped(files={"voices/v.bin": "voice.bin"}))
    place = fetch(model(Source(parts=parts, checksums=source.checksums)), cache, Console())
    assert content(place) == {**WANTED, "voices/v.bin": b"v"}


def test_without_room_nothing_is_fetched(index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 100, 99_000_000))
    small = small_model(index)
    big = Model(
        name="small", engine="whisper", languages=("zh",), size=200_000_000, licence="MIT", about="big",
        sources=small.sources, needs=("m",),
    )  # fmt: skip
    with pytest.raises(NoSpace, match="99 MB free and 600 MB are needed"):
        fetch(big, cache, Console())
    assert names(cache) == ["small.lock"]


# From a file or a folder, without a network


def offline(small: Model, cache: Path, place: Path) -> Path:
    return fetch(small, cache, Console(), local=[place], only_local=True)


def test_from_a_folder_of_packages(index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = small_model(index)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert content(offline(small, cache, index)) == WANTED


@pytest.mark.parametrize("below", ["", "small"])
def test_from_a_copy_of_another_machine(index: Path, cache: Path, tmp_path: Path, below: str) -> None:
    small = small_model(index)
    copy = tmp_path / "stick" / below
    for name, data in WANTED.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    assert content(offline(small, cache, tmp_path / "stick")) == WANTED
    assert (copy / "m").exists()


@pytest.mark.parametrize("place", ["stick/small.zip", "stick", "named"])
def test_from_an_archive(cache: Path, tmp_path: Path, place: str) -> None:
    for folder, name in (("stick", "small.zip"), ("named", "vendors-name.zip")):
        (tmp_path / folder).mkdir()
        archive(tmp_path / folder / name, {"vosk-model/m": "m"})
    small = model(Source(parts=(Archive(address="https://127.0.0.1:1/vendors-name.zip"),)))
    assert content(offline(small, cache, tmp_path / place)) == {"m": b"m"}


def test_a_copy_that_is_damaged_is_refused(index: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "m").write_bytes(b"ABCX")
    with pytest.raises(ModelUnavailable, match="m is damaged or of another model"):
        offline(small_model(index), cache, tmp_path / "stick")
    assert names(cache) == ["small.lock"]


def test_a_folder_without_it_says_what_was_looked_for(index: Path, cache: Path, tmp_path: Path) -> None:
    small = small_model(index)
    (tmp_path / "stick").mkdir()
    with pytest.raises(ModelUnavailable, match=r"holds neither small's files \(m\) nor its archive"):
        offline(small, cache, tmp_path / "stick")
    with pytest.raises(ModelUnavailable, match="is not there"):
        offline(small, cache, tmp_path / "gone")


def test_a_folder_without_it_is_no_end_when_there_is_a_network(
    index: Path, cache: Path, tmp_path: Path
) -> None:
    assert content(fetch(small_model(index), cache, Console(), local=[tmp_path / "gone"])) == WANTED


def test_a_fifo_among_the_files_hangs_nobody(index: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "m").write_bytes(b"ABCD")
    os.mkfifo(tmp_path / "stick" / "pipe")
    assert content(offline(small_model(index), cache, tmp_path / "stick")) == {"m": b"ABCD"}


# Calls come first


def test_pip_stands_still_during_a_call(
    index: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pip that takes its time is stopped when a call comes, and goes on after it."""
    stopped_once, calls = tmp_path / "stopped", iter([1, 1, 1])
    slow = tmp_path / "python"
    slow.write_text(
        f'#!/bin/sh\nuntil [ -e "{stopped_once}" ]; do sleep 0.05; done\nexec "{sys.executable}" "$@"\n'
    )
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))

    def in_use() -> int:
        states = _states_of_pip()
        if "T" in states:
            stopped_once.touch()
        return next(calls, 0) if states else 0

    fetch(small_model(index), cache, Console(), quiet=Quiet(in_use, Console(), look_every_s=0.05))
    assert content(cache / "small") == WANTED
    assert stopped_once.exists()


def _states_of_pip() -> list[str]:
    """What /proc says of each pip that this process started: S asleep, R at work, T stopped."""
    states = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
            command = status.with_name("cmdline").read_bytes()
            if int(facts["PPid"]) == os.getpid() and b"pip" in command:
                states.append(facts["State"].split()[0])
    return states


def test_the_catalogue_is_sound() -> None:
    with pytest.raises(UnknownModel):
        catalogue.find("nothing")
    for each in catalogue.CATALOGUE:
        assert catalogue.find(each.name) is each
        assert each.sources
        assert each.licence
        for source in each.sources:
            for part in source.parts:
                if isinstance(part, Archive):
                    assert part.address.startswith("https://")
                elif isinstance(part, Shipped):
                    assert all((fetching.SHIPPED / name).is_file() for name in part.files.values())
                else:
                    assert all(len(package.sha256) == 64 for package in part.packages)
                    assert source.checksums, "what comes from packages is pinned, file by file"
            if source.checksums:
                assert set(each.needs) <= set(source.checksums)
