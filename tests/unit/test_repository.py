"""What must not be in a tracked file: hosts of package registries, and where this checkout happens to lie."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pip._internal.models.index import PyPI

ROOT = Path(__file__).parents[2]


def said(*command: str) -> str:
    """What a client prints; nothing when it is not installed."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout


def registry_hosts() -> set[str]:
    """As the clients name them: they differ from machine to machine, and none is written here."""
    configured = [
        line.partition("=")[2].strip(" '\"")
        for line in said("pip", "config", "list").splitlines()
        if "index" in line or "find-links" in line
    ]
    addresses = [
        PyPI.url,
        f"//{PyPI.file_storage_domain}",
        said("npm", "config", "get", "registry"),
        *said("apt-get", "indextargets", "--format", "$(SITE)").splitlines(),
        *(word for value in configured for word in value.replace("\\n", " ").split()),
    ]
    hosts = {urlsplit(address.strip()).hostname or "" for address in addresses}
    return {host for host in hosts if "." in host}


def holding(*texts: str) -> list[str]:
    """Tracked files that hold one of the texts."""
    patterns = [part for text in texts for part in ("-e", text)]
    found = subprocess.run(
        ["git", "grep", "-lIF", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode in (0, 1), found.stderr
    return found.stdout.splitlines()


def test_no_host_of_a_package_registry() -> None:
    hosts = registry_hosts()
    assert PyPI.netloc in hosts
    assert holding(*hosts) == []


@pytest.mark.parametrize("folder", [each for each in (ROOT, Path.home()) if len(each.parts) > 1], ids=str)
def test_no_path_of_this_machine(folder: Path) -> None:
    assert holding(f"{folder}/") == []
