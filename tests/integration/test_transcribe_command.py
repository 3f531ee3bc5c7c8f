"""`shouwen transcribe` and `shouwen prompts list`: JSON as promised, errors in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime.models import install
from callcenter.settings import Settings

COMMAND = Path(sys.executable).with_name("shouwen")
VOICES = Path(__file__).parents[1] / "voices"


def shouwen(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module", autouse=True)
def model() -> None:
    install.get(Settings(), "whisper-base", Console())


@pytest.mark.parametrize(
    ("file", "language", "said"), [("zh-message-02.wav", "zh", "发票"), ("en-message-01.wav", "en", "Emily")]
)
def test_transcribe(file: str, language: str, said: str) -> None:
    answer = json.loads(shouwen("transcribe", str(VOICES / file), "--language", language).stdout)
    assert set(answer) == {"text", "engine", "model", "seconds", "words"}
    assert said in answer["text"]
    assert answer["seconds"] > 10
    assert all(set(word) == {"word", "start_s", "end_s", "confidence"} for word in answer["words"])


def test_transcribe_without_a_model(tmp_path: Path) -> None:
    done = shouwen(
        "transcribe", str(VOICES / "zh-message-02.wav"), "--language", "zh", XDG_CACHE_HOME=str(tmp_path)
    )
    assert done.returncode == 1
    assert done.stderr == "error: there is no speech model: run `shouwen models get whisper-base`\n"


def test_transcribe_what_is_no_sound() -> None:
    done = shouwen("transcribe", __file__, "--language", "zh")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: The sound file cannot be read")


def test_prompts_list() -> None:
    lines = [json.loads(line) for line in shouwen("prompts", "list").stdout.splitlines()]
    assert len(lines) > 80
    for line in lines:
        assert set(line) == {"key", "language", "text", "file"}
        assert Path(line["file"]).is_file()


def test_models_list() -> None:
    assert "whisper-base" in shouwen("models", "list").stdout
