"""The voice in a process of its own: its model is loaded once, and it stands still while a call is being set up.

What crashes it, or has it killed for want of memory, costs one piece of one text and not the worker.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
import time
from multiprocessing.connection import Connection

from callcenter.runtime import beside, calls_first
from callcenter.settings import Settings
from synthesis.errors import SynthesisError, VoiceFailed

log = logging.getLogger(__name__)

MODULE = "synthesis.process"
LONGEST_S = 60.0
"""A piece that takes so long never ends; on a busy line half of it is standing aside."""
ALONE_S = 0.02
"""How often the recogniser is asked to hold its breath while somebody waits for the voice."""
RETRY_S = 1.0
TRIES = 3


class VoiceAside:
    """Keeps the process: starts it when it is first needed and after its death."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is started before the first text."""
        self._settings = settings
        self._one_at_a_time = threading.Lock()
        self._changed = threading.Condition()
        self._wanted = False
        self._connection: Connection | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._hold = calls_first.Announcer(settings, calls_first.RECOGNISER)
        # The kernel ends the process with the thread that started it (prctl(2)): this one lives as long as we do.
        threading.Thread(target=self._keep, name="voice", daemon=True).start()

    def say(self, text: str, language: str, *, urgent: bool = False) -> bytes:
        """The text as a WAV file of 8 kHz, levelled and trimmed. Raises SynthesisError.

        `urgent`: somebody is about to hear it, and recognisers make room.
        """
        with self._one_at_a_time:
            answer = self._ask((text, language), urgent)
        if isinstance(answer, SynthesisError):
            raise answer
        return answer

    def _ask(self, request: tuple[str, str], urgent: bool) -> bytes | SynthesisError:
        for _ in range(TRIES):
            connection = self._connected()
            try:
                connection.send(request)
            except OSError:
                self._lost(connection)  # it died before it had anything to do: the next one is asked
                continue
            try:
                if not self._has_answer(connection, urgent):
                    raise EOFError
                answer: bytes | SynthesisError = connection.recv()
            except (OSError, EOFError) as error:
                self._lost(connection)
                raise VoiceFailed("the voice's process ended in the middle of a text") from error
            return answer
        raise VoiceFailed("the voice's process ends as soon as it begins")

    def _has_answer(self, connection: Connection, urgent: bool) -> bool:
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            if urgent:
                self._hold()
            if connection.poll(ALONE_S if urgent else LONGEST_S):
                return True
        return False

    def _connected(self) -> Connection:
        with self._changed:
            self._wanted = True
            self._changed.notify_all()
            while self._connection is None:
                self._changed.wait()
            return self._connection

    def _lost(self, connection: Connection) -> None:
        with self._changed:
            if self._connection is not connection:
                return
            self._connection, self._wanted = None, False
            connection.close()
            if self._child is not None:
                self._child.kill()  # it may be frozen, or never come to an end with a text

    def _keep(self) -> None:
        calls = self._announcements()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    child = beside.start(MODULE, theirs.fileno())
                except OSError as error:
                    log.error("the voice cannot be started, trying again: %s", error)
                    ours.close()
                    time.sleep(RETRY_S)
                    continue
            connection = Connection(ours.detach())
            with self._changed:
                self._connection, self._child = connection, child
                self._changed.notify_all()
            beside.watch(child, calls)
            log.warning("the voice's process ended with %s", child.returncode)
            self._lost(connection)

    def _announcements(self) -> socket.socket:
        try:
            return calls_first.listen(self._settings, calls_first.SPEAKER)
        except OSError as error:
            log.warning("the voice does not stand back while calls are set up: %s", error)
            return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
