"""The models that are installed: where they are, what is known of their files, whether those are still the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.runtime.models.catalogue import CATALOGUE, Model, Source, find
from callcenter.runtime.models.errors import ModelAbsent
from callcenter.runtime.unpacked import locked
from callcenter.settings import Settings

RECORD = ".model.json"
"""File in a model's folder: where it came from, when, and the checksum of each of its files as it arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was noted when a model came. `pinned`: whether we knew all of its checksums beforehand."""

    source: str
    at: str
    pinned: bool
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a look at a model's files gave: no `faults` means that they are what `compared_with` says."""

    model: str
    faults: tuple[str, ...]
    compared_with: str


def folder(settings: Settings) -> Path:
    """Where models are."""
    return settings.cache / "models"


def made_of(place: Path) -> Path:
    """Where the files are that are made of those in a model's folder `place`: beside it, and removed with it."""
    return place.with_name(f"{place.name}.made")


def installed(settings: Settings, name: str) -> Path | None:
    """The model's folder, if it is there. Raises UnknownModel."""
    path = folder(settings) / find(name).name
    return path if path.is_dir() else None


def checksums(place: Path) -> dict[str, str]:
    """SHA-256 of every file in the folder, the record apart."""
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.name != RECORD:
            with path.open("rb") as handle:
                found[path.relative_to(place).as_posix()] = hashlib.file_digest(handle, "sha256").hexdigest()
    return found


def write_record(place: Path, source: str, *, pinned: bool, at: datetime) -> None:
    """Note what came, and have all of it on the disk."""
    about = {"source": source, "at": at.isoformat(), "pinned": pinned, "files": checksums(place)}
    (place / RECORD).write_text(json.dumps(about, indent=1), "utf-8")
    os.sync()


def read_record(place: Path) -> Record | None:
    """What was noted; None: nothing, or it cannot be read."""
    try:
        about = json.loads((place / RECORD).read_text("utf-8"))
        return Record(
            source=str(about["source"]),
            at=str(about["at"]),
            pinned=bool(about["pinned"]),
            files={str(name): str(digest) for name, digest in about["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def matching(model: Model, found: Mapping[str, str]) -> Source | None:
    """The source whose checksums, all of them, the files have; None: there is none."""
    for source in model.sources:
        if source.checksums and all(found.get(name) == wanted for name, wanted in source.checksums.items()):
            return source
    return None


def verify(settings: Settings, name: str) -> Finding:
    """Compare every file with what it should be. Raises UnknownModel, ModelAbsent."""
    model = find(name)
    place = installed(settings, name)
    if place is None:
        raise ModelAbsent(f"{name} is not installed: `shouwen models get {name}`")
    found, record = checksums(place), read_record(place)
    if matching(model, found) is not None:
        return Finding(model=name, faults=(), compared_with="the checksums in the catalogue")
    if record is not None and not record.pinned:
        basis = f"what arrived on {record.at[:10]} from {record.source}"
        return Finding(model=name, faults=_faults(found, record.files), compared_with=basis)
    pins = _nearest(model, found)
    if not pins:
        return Finding(
            model=name,
            faults=("it came before checksums were kept, so nobody can tell: remove it and get it again",),
            compared_with="nothing",
        )
    return Finding(model=name, faults=_faults(found, pins), compared_with="the checksums in the catalogue")


def _nearest(model: Model, found: Mapping[str, str]) -> Mapping[str, str]:
    """The checksums of the source that explains most of the files."""
    known = [source.checksums for source in model.sources if source.checksums]
    return max(
        known,
        key=lambda wanted: sum(found.get(name) == digest for name, digest in wanted.items()),
        default={},
    )


def _faults(found: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    missing = [f"{name} is missing" for name in wanted if name not in found]
    return (
        *missing,
        *(f"{name} is damaged" for name in wanted if found.get(name, wanted[name]) != wanted[name]),
    )


def remove(settings: Settings, name: str) -> int:
    """Take a model off the disk with all that was kept of broken downloads; bytes that this frees.

    Who uses it at this moment has it in memory and goes on with it. Raises UnknownModel; ModelAbsent.
    """
    place = folder(settings) / find(name).name
    partial, going = place.with_name(f"{name}.partial"), place.with_name(f"{name}.removed")
    made = made_of(place)
    if not place.exists() and not partial.exists():
        raise ModelAbsent(f"{name} is not installed")
    with locked(place.with_name(f"{name}.lock")):
        shutil.rmtree(going, ignore_errors=True)
        freed = size(place) + size(partial) + size(made)
        if place.exists():
            place.rename(going)
        shutil.rmtree(going, ignore_errors=True)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(made, ignore_errors=True)
    return freed


def size(place: Path) -> int:
    """Bytes in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def all_installed(settings: Settings) -> list[Model]:
    """The models that are there, in the catalogue's order."""
    return [model for model in CATALOGUE if installed(settings, model.name) is not None]
