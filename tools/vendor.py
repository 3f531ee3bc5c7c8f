"""Copies the browser files that the console uses out of `web/node_modules` (`npm ci --prefix web`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "web" / "node_modules"
VENDOR = ROOT / "web" / "static" / "vendor"
TEMPLATES = ROOT / "web" / "templates"
AXE = ROOT / "tests" / "browser" / "vendor"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": VENDOR / "tabler.min.css",
    "htmx.org/dist/htmx.min.js": VENDOR / "htmx.min.js",
    "htmx.org/LICENSE": VENDOR / "htmx.LICENSE",
    "htmx-ext-ws/dist/ws.min.js": VENDOR / "htmx-ext-ws.min.js",
    "htmx-ext-ws/LICENSE": VENDOR / "htmx-ext-ws.LICENSE",
    "@tabler/icons/LICENSE": VENDOR / "tabler.LICENSE",
    "echarts/dist/echarts.common.min.js": VENDOR / "echarts.min.js",
    "echarts/LICENSE": VENDOR / "echarts.LICENSE",
    "echarts/NOTICE": VENDOR / "echarts.NOTICE",
    "zrender/LICENSE": VENDOR / "zrender.LICENSE",
    "axe-core/axe.min.js": AXE / "axe.min.js",
    "axe-core/LICENSE": AXE / "axe.LICENSE",
}


def used_icons() -> list[str]:
    """Names of icons that templates ask for with `icon('name')` and code with `Icon("name")`."""
    names: set[str] = set()
    for template in TEMPLATES.rglob("*.html"):
        names.update(re.findall(r"icon\('([a-z0-9-]+)'", template.read_text(encoding="utf-8")))
    for source in (ROOT / "web").glob("**/*.py"):
        if "node_modules" not in source.parts:
            names.update(re.findall(r'Icon\("([a-z0-9-]+)"\)', source.read_text(encoding="utf-8")))
    return sorted(names)


def sprite(names: list[str]) -> str:
    """One SVG file with a symbol for each icon, drawn in the colour of the text around it."""
    symbols = []
    for name in names:
        svg = (MODULES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text(encoding="utf-8")
        body = re.sub(r"<!--.*?-->|</?svg[^>]*>", "", svg, flags=re.DOTALL)
        body = re.sub(r"\s+", " ", body).strip()
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def versions() -> str:
    """What is vendored, one package a line."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    lines = [
        f"{path.removeprefix('node_modules/')} {entry['version']} ({entry.get('license', 'see LICENSE')})"
        for path, entry in sorted(lock["packages"].items())
        if path and "popperjs" not in path
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Installs the locked packages, then copies."""
    subprocess.run(["npm", "ci", "--ignore-scripts", "--prefix", str(ROOT / "web")], check=True)
    for source, target in FILES.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, target)
    css = VENDOR / "tabler.min.css"
    css.write_text(
        re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css.read_text(encoding="utf-8")), encoding="utf-8"
    )
    (VENDOR / "icons.svg").write_text(sprite(used_icons()), encoding="utf-8")
    (VENDOR / "VERSIONS").write_text(versions(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
