"""Starting our own children: they die with us, run as whom we say, and write to a log file."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
"""prctl(2), include/uapi/linux/prctl.h."""

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
"""capabilities(7): both let a process pass closed folders; the second only reads."""

_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Whom a child runs as."""

    uid: int
    gid: int
    capability: int | None = None
    """A capability the child keeps, so that it can pass folders closed to it; None: it keeps none."""

    @classmethod
    def of(cls, name: str, capability: int | None = None) -> Identity:
        """The identity of a user of this machine; raises KeyError when there is none of that name."""
        user = pwd.getpwnam(name)
        return cls(uid=user.pw_uid, gid=user.pw_gid, capability=capability)


def _checked(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _become(identity: Identity) -> None:
    """Change to that user for good, keeping at most the one capability, through exec too (ambient)."""
    os.setgroups([])
    os.setgid(identity.gid)
    if identity.capability is not None:
        _checked(_LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setuid(identity.uid)
    if identity.capability is not None:
        bit = 1 << identity.capability
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        _checked(_LIBC.capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)))
        _checked(_LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, identity.capability, 0, 0))


def die_with(parent: int, death_signal: int) -> None:
    """In a child, before exec: have the kernel send it the signal when the parent's *thread* that started it ends."""
    _checked(_LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0))
    if os.getppid() != parent:  # it died in between
        os._exit(1)


def spawn(
    arguments: Sequence[str],
    *,
    log: Path | None = None,
    executable: Path | None = None,
    environment: Mapping[str, str] | None = None,
    identity: Identity | None = None,
    death_signal: int | None = signal.SIGKILL,
    folder: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """Start a child whose output goes to the end of the log file.

    The kernel sends it `death_signal` when the calling *thread* ends, so call this from the main thread;
    None: it outlives us. A process group of its own keeps the terminal's Ctrl-C from it until its turn comes.
    """
    parent = os.getpid()

    def prepare() -> None:
        if identity is not None:
            _become(identity)
        # After the change of user, which would clear it (prctl(2)).
        if death_signal is not None:
            die_with(parent, death_signal)

    output = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            list(arguments),
            executable=executable,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            process_group=0,
            preexec_fn=prepare,
        )
    finally:
        os.close(output)


def wait(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Whether the process ended within that time."""
    try:
        process.wait(timeout=max(timeout_s, 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def working_in(folder: Path, name: str) -> list[int]:
    """Ids of the processes of that name whose working directory is the folder (as root: of every user)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                current = os.readlink(entry / "cwd")
                called = (entry / "comm").read_text().strip()
            except OSError:
                continue
            if current == str(folder) and called == name:
                found.append(int(entry.name))
    return found


def end_all(pids: Sequence[int], steps: Sequence[tuple[int, float]]) -> bool:
    """Send the processes each signal in turn, waiting so many seconds after it; True when all are gone."""
    left = list(pids)
    for number, wait_s in steps:
        for pid in left:
            try:
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # a stopped one takes the signal only when it goes on
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + wait_s
        while left and time.monotonic() < deadline:
            left = [pid for pid in left if _is_alive(pid)]
            time.sleep(0.02)
    return not left


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
