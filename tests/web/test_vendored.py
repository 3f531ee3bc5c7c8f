"""What browsers load is in the checkout, free to pass on, and complete."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "web" / "static" / "vendor"


def used_icons() -> list[str]:
    spec = importlib.util.spec_from_file_location("vendor_tool", ROOT / "tools" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names: list[str] = module.used_icons()
    return names


def test_the_sprite_holds_exactly_the_icons_in_use() -> None:
    drawn = re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text("utf-8"))
    assert drawn == used_icons(), "run tools/vendor.py"


def test_each_file_has_its_licence_beside_it() -> None:
    for file in VENDOR.glob("*.js"):
        licence = file.with_name(file.name.removesuffix(".min.js") + ".LICENSE")
        assert licence.read_text("utf-8").strip(), file
    assert "MIT" in (VENDOR / "tabler.LICENSE").read_text("utf-8")


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in entry for entry in lock["packages"].values())
    assert all("integrity" in entry for path, entry in lock["packages"].items() if path)


def test_pages_load_nothing_from_elsewhere() -> None:
    for template in (ROOT / "web" / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), template
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", text), template
