"""Recognisers in a process of their own, which stands still while a call is being set up.

A recogniser that crashes, hangs or takes too much memory costs one try of one part of a recording, not the worker.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from setproctitle import setproctitle

from callcenter.runtime import calls_first, process
from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import Audio
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import (
    EngineCrashed,
    EngineFailed,
    EngineTooLarge,
    EngineTooSlow,
    ModelMissing,
    TranscriptsError,
)
from transcripts.listening import Heard, Request, listen, warm

log = logging.getLogger(__name__)

STILL_S = 0.04
"""How long after the last sign of a call being set up: the phones ring well before."""
MOST_STILL_S, BREATH_S = 30.0, 0.2
"""On a line that never rests it may work a little now and then: under one call in a hundred meets it."""
LOOK_S = 0.5
RETRY_S = 1.0

MOST_BYTES = 700_000_000
"""Memory that the process may take besides its models' files (twice: read, and laid out). It is ended beyond."""
PATIENCE_S = 900.0
"""For one part of a recording, a minute of sound: thirty times what it takes, call set-ups in between included."""

_BEGUN = True
"""The process has taken the work: from now on its death is the work's fault."""

_Work = tuple[str, Audio] | Request | str
_Answer = Transcript | Heard | TranscriptsError | None


class Aside:
    """Keeps the process: starts it when it is first needed and after its death, stops and continues it."""

    def __init__(
        self, settings: Settings, *, most_bytes: int | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        """Nothing is started before the first recording."""
        self._settings = settings
        self._most_bytes = most_bytes
        self._patience_s = patience_s
        self._child: subprocess.Popen[bytes] | None = None
        self._ended_for: type[EngineFailed] | None = None
        self._one_at_a_time = threading.Lock()
        self._changed = threading.Condition()
        self._wanted = False
        self._connection: Connection | None = None
        # The kernel ends the process with the thread that started it (prctl(2)): this one lives as long as we do.
        threading.Thread(target=self._keep, name="aside", daemon=True).start()

    def choose(self, language: str) -> Recogniser:
        """The language's recogniser; raises ModelMissing."""
        found = models.choose(self._settings, language)
        if found is None:
            raise ModelMissing(models.why_none(self._settings, language))
        return _Remote(aside=self, engine=found.engine, model=found.model, language=language)

    def transcribe(self, language: str, audio: Audio) -> Transcript:
        """Have the audio understood over there. Raises what the recogniser raises, and EngineFailed if it dies."""
        answer = self._ask((language, audio))
        if not isinstance(answer, Transcript):
            raise EngineFailed
        return answer

    def listen(self, request: Request) -> Heard:
        """Have a part of a recording read and understood over there; elsewhere: in a fresh process. Raises
        TranscriptsError."""
        if request.elsewhere:
            self._end(None)
        answer = self._ask(request)
        if not isinstance(answer, Heard):
            raise EngineFailed
        return answer

    def warm(self, language: str) -> None:
        """Have the language's model loaded over there. Raises TranscriptsError."""
        self._ask(language)

    def _ask(self, work: _Work) -> _Answer:
        with self._one_at_a_time:
            answer = self._answer(work)
        if isinstance(answer, TranscriptsError):
            raise answer
        return answer

    def _answer(self, work: _Work) -> _Answer:
        for last in (False, False, True):
            connection = self._connected()
            begun = False
            try:
                connection.send(work)
                connection.recv()
                begun = True
                if not connection.poll(self._patience_s):
                    self._end(EngineTooSlow)
                answer: _Answer = connection.recv()
            except (OSError, EOFError) as error:
                self._lost(connection)
                why, self._ended_for = self._ended_for or EngineCrashed, None
                if begun or last:
                    raise why from error
                continue  # it died before it had anything to do: the next one is asked
            return answer
        raise EngineCrashed

    def _end(self, why: type[EngineFailed] | None) -> None:
        """End the process, if there is one; `why` is what the one who waits for its answer is told."""
        with self._changed:
            child, connection = self._child, self._connection
        if child is None or child.poll() is not None:
            return
        self._ended_for = why
        child.kill()
        child.wait()
        if why is None and connection is not None:
            self._lost(connection)

    def _connected(self) -> Connection:
        with self._changed:
            self._wanted = True
            self._changed.notify_all()
            while self._connection is None:
                self._changed.wait()
            return self._connection

    def _lost(self, connection: Connection) -> None:
        with self._changed:
            if self._connection is connection:
                self._connection, self._wanted = None, False
                connection.close()

    def _keep(self) -> None:
        calls = self._announcements()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    child = _start(theirs.fileno())
                except OSError as error:
                    log.error("the recogniser cannot be started, trying again: %s", error)
                    ours.close()
                    time.sleep(RETRY_S)
                    continue
            connection = Connection(ours.detach())
            with self._changed:
                self._connection, self._child = connection, child
                self._changed.notify_all()
            self._watch(child, calls)
            log.warning("the recogniser's process ended with %s", child.returncode)
            self._lost(connection)

    def _watch(self, child: subprocess.Popen[bytes], calls: socket.socket) -> None:
        """Until the process ends: stop it at each announcement, continue it when there were none for a while."""
        most = self._most_bytes or most_bytes(self._settings)
        while child.poll() is None:
            if _taken(child.pid) > most:
                log.error("the recogniser's process takes more than %d MB and is ended", most // 1_000_000)
                self._end(EngineTooLarge)
                return
            _stand_aside(child, calls)

    def _announcements(self) -> socket.socket:
        try:
            return calls_first.listen(self._settings)
        except OSError as error:
            log.warning("transcription does not stand back while calls are set up: %s", error)
            return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


@dataclass(frozen=True, slots=True)
class _Remote:
    """A recogniser of the other process; see Recogniser."""

    aside: Aside
    engine: str
    model: str
    language: str

    def transcribe(self, audio: Audio) -> Transcript:
        return self.aside.transcribe(self.language, audio)


def _start(fd: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", "transcripts.aside", str(fd)],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: process.die_with(parent, signal.SIGKILL),
    )


def _stand_aside(child: subprocess.Popen[bytes], calls: socket.socket) -> None:
    """Wait a little for a call being set up, and let the process stand still meanwhile."""
    calls.settimeout(LOOK_S)
    try:
        calls.recv(1)
    except TimeoutError:
        return
    child.send_signal(signal.SIGSTOP)
    until = time.monotonic() + MOST_STILL_S
    calls.settimeout(STILL_S)
    try:
        while time.monotonic() < until:
            calls.recv(1)
        worked_out = True
    except TimeoutError:
        worked_out = False
    child.send_signal(signal.SIGCONT)
    if worked_out:
        time.sleep(BREATH_S)


def most_bytes(settings: Settings) -> int:
    """What the process may take: more with larger models."""
    largest = max((_size(path) for path in models.folders(settings)), default=0)
    return MOST_BYTES + 2 * max(0, largest - 150_000_000)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _taken(pid: int) -> int:
    """Memory of a process that is its own, in bytes; 0 when it is gone."""
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


def main() -> None:
    """The process itself: `python -m transcripts.aside FD`. Ends with the other side."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    setproctitle("shouwen recogniser")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    settings = Settings()
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                work: _Work = connection.recv()
                connection.send(_BEGUN)
            except (EOFError, OSError):
                return
            connection.send(_done(settings, work))


def _done(settings: Settings, work: _Work) -> _Answer:
    try:
        if isinstance(work, Request):
            return listen(settings, work)
        if isinstance(work, str):
            warm(settings, work)
            return None
        language, audio = work
        recogniser = models.choose(settings, language)
        if recogniser is None:
            raise ModelMissing(models.why_none(settings, language))
        return recogniser.transcribe(audio)
    except TranscriptsError as error:
        return error
    except MemoryError:
        return EngineTooLarge()
    except Exception as error:
        # foreign code: whatever it does, the next recording has its turn
        log.exception("a recogniser failed")
        return EngineFailed(f"{EngineFailed()} ({type(error).__name__})")


if __name__ == "__main__":
    main()
