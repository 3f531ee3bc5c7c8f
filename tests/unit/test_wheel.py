"""A wheel, installed without the checkout, holds everything that the product reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agi", "callcenter", "transcripts", "web")
NEEDED_TO_BUILD = ("asterisk-config", "pyproject.toml", "README.md", "LICENSE")
TOOLS_ONLY = ("web/.npmrc", "web/package.json", "web/package-lock.json")
"""Files in a package's folder that only bring browser files up to date."""


def tracked(*folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from what is tracked: building leaves traces beside the sources."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked(*PACKAGES, *NEEDED_TO_BUILD):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--no-index", "-w", str(made), str(source)], check=True, timeout=110)
    with zipfile.ZipFile(next(made.glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_every_file_of_the_packages_is_in_it(wheel: set[str]) -> None:
    assert tracked(*PACKAGES) - {*TOOLS_ONLY} - wheel == set()


def test_the_files_of_asterisk_are_in_it(wheel: set[str]) -> None:
    data = next(name.partition("/")[0] for name in wheel if ".data/" in name)
    installed = {name.removeprefix(f"{data}/data/share/shouwen/") for name in wheel if name.startswith(data)}
    assert tracked("asterisk-config") - installed == set()


def test_nothing_else_is_in_it(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.startswith("shouwen-")} == set(PACKAGES)
