"""Folders of unpacked Debian packages in the cache: made once, whole or not at all, checked by a manifest."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from callcenter.errors import ShouwenError
from callcenter.runtime import apt

MANIFEST = ".manifest"
"""File in a finished folder: a line `size path` for every file; written last, before the rename."""


class NoSpace(ShouwenError):
    """There is not enough free disk space."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file (made if need be), waiting for whoever else holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def require_space(folder: Path, needed_mb: int) -> None:
    """Raise NoSpace unless that many MB are free where the folder is or will be."""
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise NoSpace(
            f"{folder} has {free_mb} MB free and {needed_mb} MB are needed: make room, then try again"
        )


def _files(folder: Path) -> Iterator[str]:
    for parent, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = Path(parent) / name
            if name != MANIFEST:
                yield f"{path.lstat().st_size} {path.relative_to(folder)}"


def write_manifest(folder: Path) -> None:
    """List every file with its size, and have all of it on the disk before the folder gets its name."""
    (folder / MANIFEST).write_text("\n".join(_files(folder)), errors="surrogateescape")
    os.sync()


def is_whole(folder: Path) -> bool:
    """Whether every file of the manifest is there with its size. Additions do no harm."""
    try:
        expected = (folder / MANIFEST).read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    return bool(expected) and set(expected) <= set(_files(folder))


def install(
    target: Path,
    packages: Sequence[str],
    *,
    suite: str,
    needed_mb: int,
    console: Console,
    verify: Callable[[Path], object],
) -> Path:
    """Make `target` hold the packages with all they depend on, or raise and leave no trace.

    `verify` is called with the unpacked folder and raises when it is of no use. A whole folder is taken as
    it is; a broken one, and what a broken attempt left, is removed first. Two processes may ask at once:
    one does it.
    """
    partial = target.with_name(f"{target.name}.partial")
    with locked(target.with_name(f"{target.name}.lock")):
        if is_whole(target):
            return target
        for leftover in (partial, target):
            if leftover.exists():
                console.print(f"removing an incomplete {leftover.name}")
                shutil.rmtree(leftover)
        require_space(target, needed_mb)
        try:
            _fill(partial, packages, suite, console)
            verify(partial / "root")
            write_manifest(partial / "root")
            (partial / "root").rename(target)
        except OSError as error:
            raise NoSpace(f"{error.strerror or error}: {error.filename or partial}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def _fill(partial: Path, packages: Sequence[str], suite: str, console: Console) -> None:
    architecture, keyring = apt.native_architecture(), apt.keyring()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(f"{packages[0]}: looking it up", total=1.0)

        def progress(what: str, share: float) -> None:
            shown.update(task, description=f"{packages[0]}: {what}", completed=share)

        source = _first_mirror(partial, suite, architecture, keyring)
        archives = source.download(packages, lambda what, share: progress(what, share * 0.5))
        root = partial / "root"
        root.mkdir()
        apt.unpack(archives, root, lambda what, share: progress(what, 0.5 + share * 0.49))
        progress(f"{len(archives)} packages unpacked", 1.0)


def _first_mirror(partial: Path, suite: str, architecture: str, keyring: Path) -> apt.PrivateApt:
    """The first of the machine's mirrors that has the suite, its index fetched."""
    complaint = apt.AptError()
    for number, mirror in enumerate(apt.mirrors()):
        source = apt.PrivateApt(
            folder=partial / f"apt{number}",
            mirror=mirror,
            suite=suite,
            keyring=keyring,
            architecture=architecture,
        )
        source.write()
        try:
            source.update()
        except apt.AptError as error:
            complaint = error
        else:
            return source
    raise complaint
