"""The captioner: hears both parties of calls over AudioSocket and tells what they say, 1.5 s behind at most.

It is a process of its own, which stands still while a call is being set up. Nothing that it understands is stored or
logged: captions are told as notifications of the database and are gone with the page that shows them.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from setproctitle import setproctitle
from sqlalchemy import make_url

from callcenter.db.address import database_url
from callcenter.domain.captions import Caption
from callcenter.runtime import beside, calls_first
from callcenter.runtime.captions import LONGEST, Leg, address, read_leg
from callcenter.runtime.models import store
from callcenter.services.ports import CAPTIONS_CHANNEL
from callcenter.settings import Settings
from transcripts import models
from transcripts.errors import TranscriptsError
from transcripts.live_reader import Reader, reader
from transcripts.live_socket import WAIT_S, NoAudioSocket, identity, sound
from transcripts.live_text import Agreement
from transcripts.live_voice import Utterance, Voice

log = logging.getLogger(__name__)

NICE = 5
MOST_LEGS = 8
"""More would all be late."""
EXPECTED_S = 5.0
"""So long after it was asked for, a leg has to be here."""
NEWS_S = 0.25
"""An utterance is read again when so much was added to it."""
OLD_S = 6.0
"""What could not be read so long after it ended is not read any more: others have spoken since."""
AGAIN_S = 1.0

Tell = Callable[[Caption], None]
MakeReader = Callable[[str], Reader]


@dataclass(slots=True, eq=False)
class Running:
    """An utterance with its readings so far."""

    leg: Leg
    reader: Reader
    utterance: Utterance
    agreement: Agreement = field(default_factory=Agreement)
    read_s: float = 0.0
    """How much of it is read."""
    over_at: float | None = None


class Captioner:
    """Hears legs and reads what is said in them; `tell` is called from one thread."""

    def __init__(self, settings: Settings, make_reader: MakeReader, tell: Tell) -> None:
        """Listens at once: a leg that comes before `work` waits."""
        self._make_reader, self._tell = make_reader, tell
        self._changed = threading.Condition()
        self._expected: dict[str, tuple[Leg, float]] = {}
        self._running: list[Running] = []
        self._connections: set[socket.socket] = set()
        self.legs = 0
        """How many are heard now."""
        self._stopped = False
        self._asked = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = address(settings)
        path.unlink(missing_ok=True)
        self._asked.bind(str(path))
        self._asked.listen(16)
        self._heard = socket.create_server(("127.0.0.1", 0))
        for name, serve in (("asked", self._answer), ("heard", self._accept)):
            threading.Thread(target=serve, name=name, daemon=True).start()

    def stop(self) -> None:
        """Ends `work`, and every leg with it."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            connections = list(self._connections)
        for each in (self._asked, self._heard, *connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._asked.close()
        self._heard.close()

    def work(self) -> None:
        """Read what is said, until `stop`."""
        while not self._stopped:
            with self._changed:
                one = self._next()
                if one is None:
                    self._changed.wait(WAIT_S)
            if one is not None:
                self._read(one)

    def _next(self) -> Running | None:
        """What is over goes first, then what has not been read for the longest time."""
        now = time.monotonic()
        for one in self._running:
            if one.utterance.is_over and one.over_at is None:
                one.over_at = now
        self._running = [one for one in self._running if one.over_at is None or now - one.over_at < OLD_S]
        ended = next((one for one in self._running if one.over_at is not None), None)
        news = [one for one in self._running if one.utterance.seconds - one.read_s >= NEWS_S]
        return ended or max(news, key=lambda one: one.utterance.seconds - one.read_s, default=None)

    def _read(self, one: Running) -> None:
        is_over, seconds = one.utterance.is_over, one.utterance.seconds
        try:
            text = one.reader.read(one.utterance)
        except TranscriptsError as error:
            log.warning("an utterance could not be read (%s)", type(error).__name__)
            text = ""
        except Exception:
            # foreign code: whatever it does, the next utterance has its turn
            log.exception("an utterance could not be read")
            text = ""
        one.read_s = seconds
        settled, draft = (text, "") if is_over else one.agreement.read(text)
        if is_over:
            with self._changed:
                self._running.remove(one)
        if settled or draft or is_over:
            self._tell(
                Caption(
                    linkedid=one.leg.linkedid,
                    extension=one.leg.extension,
                    language=one.leg.language,
                    number=one.utterance.number,
                    said_s=round(one.utterance.begins_s, 2),
                    settled=settled,
                    draft=draft,
                    is_over=is_over,
                )
            )

    def _answer(self) -> None:
        """Tell who asks where to send a leg's sound."""
        while True:
            try:
                connection, _ = self._asked.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(AGAIN_S)
                leg = read_leg(connection.recv(LONGEST))
                if leg is not None and (id_ := self._expect(leg)):
                    connection.sendall(f"{self._heard.getsockname()[1]} {id_}\n".encode())

    def _expect(self, leg: Leg) -> str | None:
        now = time.monotonic()
        with self._changed:
            self._expected = {
                key: (each, at) for key, (each, at) in self._expected.items() if now - at < EXPECTED_S
            }
            if self.legs + len(self._expected) >= MOST_LEGS:
                log.warning("too many calls for captions linkedid=%s", leg.linkedid)
                return None
            id_ = str(uuid.uuid4())
            self._expected[id_] = leg, now
        return id_

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._heard.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(connection,), name="leg", daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        """One leg, until it is over; whoever was not asked to call here is not listened to."""
        with connection:
            try:
                id_ = identity(connection, EXPECTED_S)
            except (NoAudioSocket, OSError):
                return
            with self._changed:
                leg, _ = self._expected.pop(id_, (None, 0.0))
                if leg is None:
                    return
                self.legs += 1
                self._connections.add(connection)
            log.info("captions begin linkedid=%s", leg.linkedid)
            voice = Voice()
            try:
                own = self._make_reader(leg.language)
                for samples in sound(connection):
                    with self._changed:
                        begun = voice.be_quiet(WAIT_S) if samples is None else voice.hear(samples)
                        self._running += (Running(leg=leg, reader=own, utterance=each) for each in begun)
                        if voice.speaking or begun:
                            self._changed.notify_all()
            except TranscriptsError as error:
                log.warning("no captions linkedid=%s: %s", leg.linkedid, error)
            finally:
                with self._changed:
                    voice.end()
                    self.legs -= 1
                    self._connections.discard(connection)
                    self._changed.notify_all()
            log.info("captions end linkedid=%s", leg.linkedid)


class Notifier:
    """Tells captions to whoever listens at the database; what it cannot tell at once is dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: queue.Queue[Caption] = queue.Queue(50)
        threading.Thread(target=self._run, name="notifier", daemon=True).start()

    def __call__(self, caption: Caption) -> None:
        """Never waits."""
        with suppress(queue.Full):
            self._queue.put_nowait(caption)

    def _run(self) -> None:
        while True:
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=2) as connection:
                    while True:
                        text = self._queue.get().to_json()
                        connection.execute("SELECT pg_notify(%s, %s)", (CAPTIONS_CHANNEL, text))
            except psycopg.Error as error:
                log.warning("captions cannot be told (%s)", type(error).__name__)
                time.sleep(AGAIN_S)


def readers(settings: Settings) -> MakeReader:
    """Makes the reader of a leg in its language; raises TranscriptsError."""
    # a model is loaded once, and libraries do not like to be imported twice at once
    one_at_a_time = threading.Lock()

    def make(language: str) -> Reader:
        with one_at_a_time:
            return make_one(language)

    def make_one(language: str) -> Reader:
        for found in models.choices(settings, language):
            made = reader(found, store.folder(settings) / found.model, language)
            if made is not None:
                return made
        raise TranscriptsError(models.why_none(settings, language))

    return make


def main() -> None:
    """The process itself: `python -m transcripts.live`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    setproctitle("shouwen captions")
    settings = Settings()
    url = make_url(database_url(settings)).set(drivername="postgresql").render_as_string(hide_password=False)
    make = readers(settings)
    captioner = Captioner(settings, make, Notifier(url))
    for language in models.LANGUAGES:
        try:
            make(language).read(Utterance(number=0, begins_s=0.0))
        except TranscriptsError as error:
            log.warning("no captions in %s: %s", language, error)
    log.info("captions are ready")
    captioner.work()


def run_captions(settings: Settings) -> None:
    """Keep that process, and let it stand still while calls are set up; until SIGTERM or SIGINT."""
    os.nice(NICE)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    calls = beside.signs_of_calls(settings, calls_first.CAPTIONER)
    while True:
        child = beside.start("transcripts.live")
        while child.poll() is None:
            beside.stand_aside(child, calls)
        log.warning("the captioner ended with %s", child.returncode)
        time.sleep(AGAIN_S)


if __name__ == "__main__":
    main()
