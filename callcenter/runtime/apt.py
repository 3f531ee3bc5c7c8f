"""A private apt: fetches and unpacks Debian packages without root and without touching the system's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from callcenter.errors import ShouwenError

Progress = Callable[[str, float], None]
"""Told what is being done and how far it is, 0..1."""

KEYRINGS = tuple(
    Path("/usr/share/keyrings") / f"debian-archive-keyring.{suffix}" for suffix in ("gpg", "pgp")
)
# Settings of the machine's own apt that a download depends on; its hooks and targets are none of ours.
KEPT = re.compile(r"Acquire::(?:https?|ftp|Proxy|Retries|ForceIPv[46]|Send-URI-Encoded)\b.*;")
TARGET = "$(CREATED_BY)|$(COMPONENT)|$(REPO_URI)|$(ORIGIN)|$(LABEL)"


class AptError(ShouwenError):
    """Debian's packages could not be fetched: check the network and apt's sources, then try again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateApt:
    """An apt with its own state, cache, empty list of installed packages and one source line."""

    folder: Path
    mirror: str
    suite: str
    keyring: Path
    architecture: str

    @property
    def archives(self) -> Path:
        """Where the downloaded packages lie."""
        return self.folder / "cache" / "archives"

    def write(self) -> None:
        """Lay out the folders and the configuration."""
        for name in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "state" / "status").touch()
        source = f"deb [arch={self.architecture} signed-by={self.keyring}] {self.mirror} {self.suite} main\n"
        (self.folder / "etc" / "sources.list").write_text(source)
        (self.folder / "apt.conf").write_text("\n".join([*_kept_settings(), *self._settings()]) + "\n")

    def _settings(self) -> list[str]:
        values = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "state" / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Log": self.folder / "log",
            "Dir::Etc::sourcelist": self.folder / "etc" / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            # A suite's mirror may be frozen: its signature is still checked, only its age is not.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "Acquire::PDiffs": "false",
            # The download user `_apt` cannot enter a private home folder.
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "APT::Install-Recommends": "false",
            "APT::Keep-Downloaded-Packages": "true",
            "APT::Status-Fd": "1",
            "quiet": "2",
        }
        return [f'{key} "{value}";' for key, value in values.items()]

    def update(self) -> None:
        """Fetch the index of packages; raises AptError with apt's own reason."""
        self._run(["update"], lambda _what, _share: None)

    def download(self, packages: Sequence[str], progress: Progress) -> list[Path]:
        """Fetch the packages and all they depend on; give the files."""
        command = ["install", "--download-only", "--no-install-recommends", "-y", *packages]
        self._run(command, progress)
        return sorted(self.archives.glob("*.deb"))

    def _run(self, arguments: Sequence[str], progress: Progress) -> None:
        """Run apt-get, which tells on its standard output how far it is (APT::Status-Fd)."""
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        errors = self.folder / "log" / "errors"
        with (
            errors.open("wb") as error_file,
            subprocess.Popen(
                ["apt-get", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=error_file,
                env=environment,
                text=True,
            ) as process,
        ):
            for line in process.stdout or ():
                if match := re.match(r"dlstatus:\d+:([\d.]+):", line):
                    progress("fetching", float(match[1]) / 100)
        if process.returncode:
            raise AptError(
                f"apt-get {arguments[0]} failed: {_reason(errors)}; check the network and apt's sources"
            )


def _reason(errors: Path) -> str:
    """Apt's first complaint, in one line."""
    lines = [line.strip() for line in errors.read_text(errors="replace").splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("E:", "W:", "Err:"))]
    return re.sub(r"^\w+:\s*", "", (marked or lines or ["no reason given"])[0])


def _kept_settings() -> list[str]:
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    return [line for line in dump.stdout.splitlines() if KEPT.fullmatch(line)]


def require(*programs: str) -> None:
    """Raise AptError unless the programs are there."""
    for program in programs:
        if not shutil.which(program):
            raise AptError(f"{program} is missing: this needs Debian 12 or later (packages apt and dpkg)")


def native_architecture() -> str:
    """Debian's name of this machine's architecture, such as amd64."""
    require("dpkg")
    shown = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def keyring() -> Path:
    """Debian's own keys, which sign every suite."""
    for path in KEYRINGS:
        if path.exists():
            return path
    raise AptError("Debian's keys are missing: install the package debian-archive-keyring")


def mirrors() -> list[str]:
    """The Debian mirrors that this machine's apt uses, best first; raises AptError if there is none."""
    require("apt-get", "apt-config")
    found: list[str] = []
    for release_info in ("--release-info", "--no-release-info"):
        shown = subprocess.run(
            ["apt-get", "indextargets", release_info, "--format", TARGET],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in shown.stdout.splitlines():
            kind, component, uri, origin, label = (*line.split("|"), "", "", "", "")[:5]
            # Without a downloaded Release file apt prints the placeholders themselves.
            named = origin == label == "Debian" or (origin.startswith("$") and "security" not in uri)
            if kind == "Packages" and component == "main" and named and uri not in found:
                found.append(uri)
    if not found:
        raise AptError("apt names no Debian mirror: add one to /etc/apt/sources.list (see man sources.list)")
    return found


def unpack(archives: Sequence[Path], target: Path, progress: Progress) -> None:
    """Unpack every archive into one folder, without set-user-id bits: nothing there is to gain rights."""
    require("dpkg-deb")

    def one(archive: Path) -> None:
        done = subprocess.run(
            ["dpkg-deb", "-x", str(archive), str(target)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise AptError(f"unpacking {archive.name} failed: {reason}")

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        waiting = [pool.submit(one, archive) for archive in archives]
        try:
            for count, job in enumerate(as_completed(waiting), start=1):
                job.result()
                progress("unpacking", count / len(waiting))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for folder, _folders, files in os.walk(target):
        for name in files:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if mode & 0o6000 and not path.is_symlink():
                path.chmod(mode & 0o777)
