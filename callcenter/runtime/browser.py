"""Chromium for the browser tests, unpacked in the cache without root."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from callcenter.runtime import apt, unpacked
from callcenter.runtime.asterisk import AsteriskUnusable
from callcenter.settings import Settings

PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-wqy-microhei")
NEEDED_MB = 1500
PROGRAM = "usr/lib/chromium/chromium"
LIBC = "ld-linux*", "libc.so.*", "libm.so.*", "libpthread.so.*", "libdl.so.*", "librt.so.*", "libresolv.so.*"

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chromium:
    """A browser that can be started."""

    executable: Path
    environment: dict[str, str]
    """All of its environment; ours with its libraries and fonts added."""


def install_chromium(settings: Settings, console: Console) -> Chromium:
    """Have Chromium in the cache: this machine's own suite of it, half a minute the first time.

    Chromium finds its files, and starts its children, by /proc/self/exe, so it cannot run through a loader of
    its own as Asterisk does. It runs on the machine's C library, so from its suite; the copy of
    that library that came with it is removed.
    """
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")
    target = settings.cache / f"chromium-{suite}-{apt.native_architecture()}"

    def finish(folder: Path) -> None:
        if not (folder / PROGRAM).exists():
            raise AsteriskUnusable(f"the package chromium of {suite} has no {PROGRAM}")
        for library_folder in _library_folders(folder):
            for pattern in LIBC:
                for path in library_folder.glob(pattern):
                    path.unlink()
        (folder / "fonts.conf").write_text(FONTS.format(folder=target))

    unpacked.install(target, PACKAGES, suite=suite, needed_mb=NEEDED_MB, console=console, verify=finish)
    libraries = ":".join(map(str, _library_folders(target)))
    added = {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(target / "fonts.conf")}
    return Chromium(executable=target / PROGRAM, environment={**os.environ, **added})


def _library_folders(folder: Path) -> list[Path]:
    """Where its libraries lie: the architecture's folders, and PulseAudio's own one below."""
    found = [
        path for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*") for path in folder.glob(pattern)
    ]
    return [*found, *(path / "pulseaudio" for path in found if (path / "pulseaudio").is_dir())]
