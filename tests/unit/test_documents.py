"""README and documents agree with the code: tables, paths, links, names of settings and commands."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from callcenter.settings import Settings
from tools.readme_tables import README, commands_table, with_tables

ROOT = README.parent
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md", "docs/*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).exists()
)
OURS = [path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs") or path.parent == ROOT]
FILES = re.compile(
    r"`((?:agi|asterisk-config|bench|callcenter|deploy|docs|requirements|tests|tools|transcripts|web)/[\w./-]*)`"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_tables_of_settings_and_commands_are_those_of_the_code() -> None:
    text = README.read_text("utf-8")
    assert text == with_tables(text), "run .venv/bin/python tools/readme_tables.py"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_paths_that_are_named_exist(path: Path) -> None:
    missing = [name for name in FILES.findall(path.read_text("utf-8")) if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {f"SHOUWEN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"SHOUWEN_[A-Z_]+[A-Z]", path.read_text("utf-8"))) - known == set()


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_commands_that_are_named_exist(path: Path) -> None:
    groups = re.findall(r"^\| `shouwen ([a-z]+)(?: ([a-z]+))?", commands_table(), re.MULTILINE)
    known = {first for first, _ in groups} | {f"{first} {second}" for first, second in groups if second}
    with_commands = {first for first, second in groups if second}
    for first, second in re.findall(r"\bshouwen ([a-z]+)(?: ([a-z]+))?", path.read_text("utf-8")):
        assert first in known, first
        if first in with_commands and second:
            assert f"{first} {second}" in known, f"{first} {second}"


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for path in DOCUMENTS:
        if path.is_relative_to(ROOT / "docs") and path.name != "README.md":
            assert f"({path.relative_to(ROOT / 'docs')})" in index, path.name


def test_every_library_is_in_the_list_of_libraries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[\[>=<]", line)[0].lower() for line in project["dependencies"]}
    text = (ROOT / "docs" / "decisions" / "0008-libraries.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [\d., ]+ \|", text, re.MULTILINE)
    assert {name.lower() for row in rows for name in row.split(", ")} == needed
