"""Recognisers in a process of their own, which stands still while a call is being set up.

A recogniser that crashes, or is killed for want of memory, costs one try of one recording and not the worker.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from setproctitle import setproctitle

from callcenter.runtime import calls_first, process
from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import Audio
from transcripts.engine import Recogniser, Transcript
from transcripts.errors import EngineFailed, ModelMissing, TranscriptsError

log = logging.getLogger(__name__)

STILL_S = 0.04
"""How long after the last sign of a call being set up: the phones ring well before."""
MOST_STILL_S, BREATH_S = 30.0, 0.2
"""On a line that never rests it may work a little now and then: under one call in a hundred meets it."""
LOOK_S = 0.5
RETRY_S = 1.0


class Aside:
    """Keeps the process: starts it when it is first needed and after its death, stops and continues it."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is started before the first recording."""
        self._settings = settings
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
        with self._one_at_a_time:
            answer = self._ask((language, audio))
        if isinstance(answer, TranscriptsError):
            raise answer
        return answer

    def _ask(self, request: tuple[str, Audio]) -> Transcript | TranscriptsError:
        while True:
            connection = self._connected()
            try:
                connection.send(request)
            except OSError:
                self._lost(connection)  # it died before it had anything to do: the next one is asked
                continue
            try:
                answer: Transcript | TranscriptsError = connection.recv()
            except (OSError, EOFError) as error:
                self._lost(connection)
                raise EngineFailed("the recogniser's process ended in the middle of the recording") from error
            return answer

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
                self._connection = connection
                self._changed.notify_all()
            _watch(child, calls)
            log.warning("the recogniser's process ended with %s", child.returncode)
            self._lost(connection)

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


def _watch(child: subprocess.Popen[bytes], calls: socket.socket) -> None:
    """Until the process ends: stop it at each announcement, continue it when there were none for a while."""
    while child.poll() is None:
        calls.settimeout(LOOK_S)
        try:
            calls.recv(1)
        except TimeoutError:
            continue
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


def main() -> None:
    """The process itself: `python -m transcripts.aside FD`. Ends with the other side."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    setproctitle("shouwen recogniser")
    settings = Settings()
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                language, audio = connection.recv()
            except (EOFError, OSError):
                return
            connection.send(_understand(settings, language, audio))


def _understand(settings: Settings, language: str, audio: Audio) -> Transcript | TranscriptsError:
    try:
        recogniser = models.choose(settings, language)
        if recogniser is None:
            raise ModelMissing(models.why_none(settings, language))
        return recogniser.transcribe(audio)
    except TranscriptsError as error:
        return error
    except Exception as error:
        # foreign code: whatever it does, the next recording has its turn
        log.exception("a recogniser failed")
        return EngineFailed(f"{EngineFailed()} ({type(error).__name__})")


if __name__ == "__main__":
    main()
