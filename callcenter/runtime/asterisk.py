"""Asterisk 22 unpacked in the cache and run through its own dynamic loader: no root, no chroot."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from callcenter.errors import ShouwenError
from callcenter.runtime import apt, unpacked
from callcenter.settings import Settings

MAJOR = 22
SUITE = "forky"
"""Debian's suite that has Asterisk 22 LTS; Debian 12 and 13 have none."""

PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav")
NEEDED_MB = 700
"""Packages and their contents lie side by side while unpacking (94 and 289 MB for Asterisk)."""


class AsteriskMissing(ShouwenError):
    """Asterisk is not in the cache: run `shouwen asterisk install`."""


class AsteriskUnusable(ShouwenError):
    """This Asterisk cannot be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpackedRoot:
    """A folder of unpacked Debian packages whose programs run through its own loader."""

    path: Path
    lib: Path
    """The architecture's library folder, such as usr/lib/x86_64-linux-gnu."""
    loader: Path

    def program(self, name: str, *args: str) -> list[str]:
        """Command line of a program of this root; `name` is its path in the root, such as usr/bin/sipp."""
        base = Path(name).name
        libraries = ["--library-path", str(self.lib), "--argv0", base]
        return [str(self.loader), *libraries, str(self.path / name), *args]


@dataclass(frozen=True, kw_only=True, slots=True)
class AsteriskRoot(UnpackedRoot):
    """An unpacked Asterisk."""

    version: str

    @property
    def binary(self) -> Path:
        """The asterisk program, to be run through the loader."""
        return self.path / "usr" / "sbin" / "asterisk"

    @property
    def modules(self) -> Path:
        """Folder of Asterisk's modules (astmoddir)."""
        return self.lib / "asterisk" / "modules"

    @property
    def data(self) -> Path:
        """Folder of sounds, documentation and static data (astdatadir)."""
        return self.path / "usr" / "share" / "asterisk"

    def command(self, *args: str) -> list[str]:
        """Command line of `asterisk` with these arguments."""
        return self.program("usr/sbin/asterisk", *args)


def unpacked_root(path: Path) -> UnpackedRoot:
    """Find the loader in an unpacked root; raises AsteriskUnusable when there is none."""
    loaders = sorted(path.glob("usr/lib/*/ld-linux*.so.*"))
    if not loaders:
        raise AsteriskUnusable(f"{path} is no unpacked Debian root: usr/lib/*/ld-linux*.so.* is missing")
    return UnpackedRoot(path=path, lib=loaders[0].parent, loader=loaders[0])


def inspect_root(path: Path) -> AsteriskRoot:
    """Start `asterisk -V` in that root; raises AsteriskUnusable unless it is Asterisk 22."""
    base = unpacked_root(path)
    command = base.program("usr/sbin/asterisk", "-V")
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AsteriskUnusable(f"Asterisk in {path} does not start: {error}") from error
    match = re.search(r"Asterisk (\d+)(\S*)", shown.stdout)
    if not match:
        reason = (shown.stderr.strip().splitlines() or ["no version printed"])[-1]
        raise AsteriskUnusable(f"Asterisk in {path} does not start: {reason}")
    version = match[1] + match[2]
    if int(match[1]) != MAJOR:
        raise AsteriskUnusable(f"{path} holds Asterisk {version}; Shouwen needs Asterisk {MAJOR}")
    return AsteriskRoot(path=base.path, lib=base.lib, loader=base.loader, version=version)


def cached_root(settings: Settings, name: str) -> Path:
    """Folder in the cache for packages of the suite on this architecture."""
    return settings.cache / f"{name}-{SUITE}-{apt.native_architecture()}"


def find_root(settings: Settings) -> AsteriskRoot:
    """The Asterisk to be used: SHOUWEN_ASTERISK_ROOT, else the cache's.

    Raises AsteriskMissing when there is none, AsteriskUnusable when it is not an Asterisk 22 that starts.
    """
    if settings.asterisk_root is not None:
        return inspect_root(settings.asterisk_root.absolute())
    path = cached_root(settings, "asterisk")
    if not (path / unpacked.MANIFEST).exists():
        raise AsteriskMissing
    return inspect_root(path)


def install(settings: Settings, console: Console) -> AsteriskRoot:
    """Have Asterisk in the cache (some 10 s the first time), or take the root that the settings name."""
    if settings.asterisk_root is None:
        install_packages(settings, console, "asterisk", PACKAGES, "usr/sbin/asterisk")
    return find_root(settings)


def install_packages(
    settings: Settings, console: Console, name: str, packages: tuple[str, ...], program: str
) -> UnpackedRoot:
    """Have packages of the suite in a folder of the cache called `name`; `program` must then be in it."""

    def verify(path: Path) -> None:
        if program == "usr/sbin/asterisk":
            inspect_root(path)
        unpacked_root(path)
        if not (path / program).exists():
            raise AsteriskUnusable(f"the package {packages[0]} has no {program}")

    path = unpacked.install(
        cached_root(settings, name),
        packages,
        suite=SUITE,
        needed_mb=NEEDED_MB,
        console=console,
        verify=verify,
    )
    return unpacked_root(path)


def install_sipp(settings: Settings, console: Console) -> UnpackedRoot:
    """Have sipp in the cache, for tests and the benchmark: `root.program("usr/bin/sipp", …)`."""
    return install_packages(settings, console, "sipp", ("sip-tester",), "usr/bin/sipp")
