"""A process beside the calls that is asked and answers, one thing at a time.

It is started when it is first needed and again after its death. What crashes it, makes it too large or never ends
costs one piece of its work, and not the process that asks.
"""

from __future__ import annotations

import logging
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Generic, TypeVar

from callcenter.errors import ShouwenError
from callcenter.runtime import beside
from callcenter.settings import Settings

log = logging.getLogger(__name__)

RETRY_S = 1.0
TRIES = 3
"""So many processes are started for a piece of work that none of them begins."""
MEANWHILE_S = 0.02
"""How often `meanwhile` is called."""

_BEGUN = True
"""The process has taken the work: from now on its death is the work's fault."""

Work = TypeVar("Work")
Answer = TypeVar("Answer")


class HelperLost(ShouwenError):
    """The helper's process ended in the middle of its work."""


class HelperTooLarge(HelperLost):
    """The helper's process took more memory than it may, and was ended."""


class HelperTooSlow(HelperLost):
    """The helper's process gave no answer in time, and was ended."""


@dataclass(slots=True, eq=False)
class _Running:
    """One process. Its connection is closed when nobody holds it any more: another thread may be reading from it."""

    child: subprocess.Popen[bytes]
    connection: Connection
    too_large: bool = False


class Helper(Generic[Work, Answer]):
    """Keeps the process: starts it, stops it for calls, ends it when it is too large or too slow."""

    def __init__(
        self, settings: Settings, module: str, sign: str, *, most_bytes: Callable[[], int] | None = None
    ) -> None:
        """Nothing is started before the first work.

        `module` calls `answer_for_ever`; `sign` is its name in `calls_first`; `most_bytes` is asked at each start.
        """
        self._settings, self._module, self._sign = settings, module, sign
        self._most_bytes = most_bytes
        self._one_at_a_time = threading.Lock()
        self._changed = threading.Condition()
        self._wanted = False
        self._running: _Running | None = None
        self._newest: _Running | None = None
        """What was started for who waits, until they take it."""
        # The kernel ends the process with the thread that started it (prctl(2)): this one lives as long as we do.
        threading.Thread(target=self._keep, name=module, daemon=True).start()

    def ask(
        self,
        work: Work,
        *,
        patience_s: float,
        fresh: bool = False,
        meanwhile: Callable[[], None] | None = None,
    ) -> Answer:
        """Have it done over there. `fresh`: by a process that has done nothing before. Raises HelperLost.

        `meanwhile` is called every MEANWHILE_S until there is an answer.
        """
        with self._one_at_a_time:
            if fresh and (before := self._running) is not None:
                self._lose(before)
            until = time.monotonic() + patience_s
            why = HelperLost("The helper's process ends as soon as it begins.")
            for _ in range(TRIES):
                running = self._started()
                begun = False
                try:
                    running.connection.send(work)
                    self._wait(running, until, meanwhile)
                    running.connection.recv()
                    begun = True
                    self._wait(running, until, meanwhile)
                    answer: Answer = running.connection.recv()
                except (OSError, EOFError) as error:
                    self._lose(running)
                    if running.too_large:
                        why = HelperTooLarge()
                    if begun:
                        raise (why if running.too_large else HelperLost()) from error
                    continue  # it died before it had anything to do: the next one is asked
                return answer
            raise why

    def _wait(self, running: _Running, until: float, meanwhile: Callable[[], None] | None) -> None:
        while (left_s := until - time.monotonic()) > 0:
            if meanwhile is not None:
                meanwhile()
                left_s = min(left_s, MEANWHILE_S)
            if running.connection.poll(left_s):
                return
        self._lose(running)
        raise HelperTooSlow

    def _started(self) -> _Running:
        """The process, or one that was started now; that one may have ended before we look."""
        with self._changed:
            if self._running is not None:
                return self._running
            self._wanted, self._newest = True, None
            self._changed.notify_all()
            while (newest := self._newest) is None:
                self._changed.wait()
            self._newest = None
            return newest

    def _lose(self, running: _Running) -> None:
        with self._changed:
            if self._running is running:
                self._running, self._wanted = None, False
        running.child.kill()  # it may stand still, or never come to an end

    def _keep(self) -> None:
        calls = beside.signs_of_calls(self._settings, self._sign)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            try:
                running = self._start()
            except OSError as error:
                log.error("%s cannot be started, trying again: %s", self._module, error)
                time.sleep(RETRY_S)
                continue
            with self._changed:
                self._running = self._newest = running
                self._changed.notify_all()
            self._watch(running, calls)
            log.warning("%s ended with %s", self._module, running.child.returncode)
            self._lose(running)

    def _start(self) -> _Running:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            child = beside.start(self._module, theirs.fileno())
            return _Running(child=child, connection=Connection(ours.detach()))

    def _watch(self, running: _Running, calls: socket.socket) -> None:
        """Until the process ends: it stands aside for calls, and is ended if it takes too much."""
        child = running.child
        most = None if self._most_bytes is None else self._most_bytes()
        while child.poll() is None:
            if most is not None and _taken(child.pid) > most:
                log.error("%s takes more than %d MB and is ended", self._module, most // 1_000_000)
                running.too_large = True
                child.kill()
                child.wait()
                return
            beside.stand_aside(child, calls)


def answer_for_ever(fd: int, answer: Callable[[Work], Answer]) -> None:
    """The process's own part: answer what is asked, until the other side is gone. `answer` raises nothing."""
    with Connection(fd) as connection:
        while True:
            try:
                work: Work = connection.recv()
                connection.send(_BEGUN)
            except (EOFError, OSError):
                return
            done = answer(work)
            try:
                connection.send(done)
            except OSError:
                return


def _taken(pid: int) -> int:
    """Memory of a process that is its own, in bytes; 0 when it is gone."""
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()
