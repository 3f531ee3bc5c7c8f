"""Takes files out of zip archives that may be hostile or broken: nothing lands outside the folder, or without bound."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from callcenter.runtime.models.errors import ModelDamaged

MOST_FILES = 10_000
_BLOCK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError
)  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever zipfile raises of its content is ModelDamaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_FILES:
                raise ModelDamaged(f"{path.name} holds more than {MOST_FILES} files")
            yield archive
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's; a broken bzip2 stream has no number
        raise ModelDamaged(f"{path.name} is no zip file that can be read: {error}") from error


def files(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The regular files by name. A link, a name that leads out, or a name twice: ModelDamaged."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.is_dir():
            continue
        name = PurePosixPath(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if (
            not name.parts
            or name.is_absolute()
            or ".." in name.parts
            or "\\" in info.filename
            or ":" in name.parts[0]
            or kind not in (0, stat.S_IFREG)
            or str(name) in found
        ):
            raise ModelDamaged(
                f"the archive holds {info.filename!r}, which no model does: nothing was unpacked"
            )
        found[str(name)] = info
    return found


class Unpacker:
    """Writes members below a folder, `limit` bytes in all and not one more, whatever their headers say."""

    def __init__(self, into: Path, limit: int) -> None:
        self._into = into
        self._left = limit

    def append(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
        """Add the member's content to the file of that name."""
        place = self._into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, place.open("ab") as out:
            while block := source.read(_BLOCK):
                self._left -= len(block)
                if self._left < 0:
                    raise ModelDamaged("the archive unpacks to far more than the model's size")
                out.write(block)

    def only_folder(self, archive: zipfile.ZipFile) -> None:
        """All files of an archive that holds one folder, without that folder's name."""
        found = files(archive)
        tops = {_top(name) for name in found}
        if len(tops) != 1 or any("/" not in name for name in found):
            raise ModelDamaged("the archive does not hold what it should: one folder with a model")
        for name, member in found.items():
            self.append(archive, member, name.partition("/")[2])


def _top(name: str) -> str:
    return name.partition("/")[0]
