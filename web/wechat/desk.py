"""Takes the platform's callbacks: a message is on the disk first, then on a ticket; answered in time in any case.

The platform waits five seconds and asks twice more. The sender is told the number; if the database is slow or away they
are told that the message arrived, and `Drain` registers it later.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.service_account import KeptNotice, Notice
from callcenter.services.service_account import Centre, Told, take_notice
from callcenter.settings import Settings
from web.wechat.errors import NotKept
from web.wechat.inbox import Inbox, InboxFull
from web.wechat.protocol import Protocol

log = logging.getLogger(__name__)

Units = Callable[[], AbstractContextManager[SqlUnitOfWork]]
T = TypeVar("T")

KEEP_S = 2.0
"""A disk that takes longer to keep a message counts as none."""
REGISTER_S = 1.8
"""So long after the callback came its registration may end; one that would be later is undone and left to `Drain`."""
NUMBER_S = 2.5
"""Until then the sender is told the number."""
ANSWER_S = 4.0
"""Until then there is an answer."""
DRAIN_S = 1.0
YOUNG_S = 10.0
"""What came less than so long ago, and was not answered, may still be under way."""
AGAIN_S = 60.0
"""A message that cannot be registered for a reason of its own is tried again after so long."""
OK = "success"
"""What the protocol wants where there is nothing to say."""


class ServiceAccount:
    """One service account: reads callbacks, keeps and registers messages, answers."""

    def __init__(self, settings: Settings, units: Units, clock: Callable[[], datetime]) -> None:
        token = settings.wechat_token
        aes_key, app_id = settings.wechat_aes_key, settings.wechat_app_id
        self.protocol = Protocol(token, app_id, aes_key) if token else None
        self._units = units
        self._clock = clock
        self._inbox = Inbox(settings.inbox)
        self._centre = Centre(language=settings.language, zone=settings.zone)
        # Apart, so that those who wait for the database hold up nobody who writes to the disk; few, so that the
        # console keeps connections of its own.
        self._disk = ThreadPoolExecutor(4, thread_name_prefix="service-account-disk")
        self._database = ThreadPoolExecutor(4, thread_name_prefix="service-account")
        self.drain = Drain(self._inbox, units, self._centre, clock)

    def close(self) -> None:
        """Ends what it began."""
        self.drain.stop()
        for threads in (self._disk, self._database):
            threads.shutdown(wait=False, cancel_futures=True)

    async def take(self, protocol: Protocol, query: Mapping[str, str], body: bytes) -> str:
        """What to answer to a checked callback. Raises BadSignature, BadMessage, WrongMode, NotKept."""
        began = time.monotonic()
        read = protocol.read(query, body, self._clock())
        if read.notice is None:
            return OK
        notice = read.notice
        path = await self._kept(notice)
        registered = await self._ticket(notice, path, began)
        if registered is None:
            if path is None:
                raise NotKept
            try:
                await _within(
                    self._disk, ANSWER_S - (time.monotonic() - began), partial(self._inbox.told, path)
                )
            except (OSError, TimeoutError):
                # Then nothing is said, rather than something that the ticket's log would not know of.
                return OK
            words = self._centre.confirmation(notice.received_at, None)
        else:
            words = self._centre.confirmation(registered.received_at, registered.ticket)
        return protocol.answer(read.callback, words)

    async def _kept(self, notice: Notice) -> Path | None:
        """Where it lies; None if the disk cannot keep it."""
        try:
            return await _within(self._disk, KEEP_S, partial(self._inbox.put, notice))
        except (OSError, TimeoutError, InboxFull) as error:
            log.error("service account: a message cannot be kept on the disk error=%s", type(error).__name__)
            return None

    async def _ticket(self, notice: Notice, path: Path | None, began: float) -> KeptNotice | None:
        """The message as it is on its ticket, or None when the database does not do it in time."""
        left = NUMBER_S - (time.monotonic() - began)
        try:
            register = partial(self._registered, notice, path, began + REGISTER_S)
            return await _within(self._database, left, register)
        except (DatabaseUnavailable, TimeoutError):
            log.warning("service account: the database is slow or away, a message waits in the inbox")
        except Exception:
            log.exception("service account: a message cannot be registered, it waits in the inbox")
        return None

    def _registered(self, notice: Notice, path: Path | None, until: float) -> KeptNotice:
        with self._units() as work:
            kept = take_notice(work, notice, self._centre, told=Told.NOW, now=self._clock())
            if time.monotonic() > until:
                # The sender is about to be told without the number: undone here, done by `Drain`.
                raise DatabaseUnavailable
            work.commit()
        if path is not None:
            self._inbox.done(path)
        return kept


async def _within(threads: ThreadPoolExecutor, seconds: float, do: Callable[[], T]) -> T:
    """What `do` returns; raises TimeoutError after `seconds`: what has begun goes on, what has not is forgotten."""
    running = asyncio.get_running_loop().run_in_executor(threads, do)
    return await asyncio.wait_for(running, max(seconds, 0.01))


class Drain:
    """Registers the messages that waited, oldest first, as soon as the database answers."""

    def __init__(self, inbox: Inbox, units: Units, centre: Centre, clock: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._units = units
        self._centre = centre
        self._clock = clock
        self._not_before: dict[Path, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="service-account-inbox", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the message under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(1)

    def run_once(self) -> int:
        """Registers what waits; how many. Raises DatabaseUnavailable: then the rest waits on."""
        count = 0
        for waiting in self._inbox.waiting():
            if self._stop.is_set() or self._is_too_early(waiting.path, waiting.told):
                continue
            try:
                with self._units() as work:
                    told = Told.EARLIER if waiting.told else Told.NOTHING
                    take_notice(work, waiting.notice, self._centre, told=told, now=self._clock())
                    work.commit()
            except DatabaseUnavailable:
                raise
            except Exception:
                log.exception("service account: a message in the inbox cannot be registered yet")
                self._not_before[waiting.path] = time.monotonic() + AGAIN_S
                continue
            self._inbox.done(waiting.path)
            self._not_before.pop(waiting.path, None)
            count += 1
        if count:
            log.info("service account: messages that waited are registered count=%d", count)
        return count

    def _is_too_early(self, path: Path, told: bool) -> bool:
        if time.monotonic() < self._not_before.get(path, 0):
            return True
        try:
            return not told and time.time() - path.stat().st_mtime < YOUNG_S
        except FileNotFoundError:
            return True

    def _run(self) -> None:
        while not self._stop.wait(DRAIN_S):
            try:
                self.run_once()
            except DatabaseUnavailable:
                continue
            except Exception:
                log.exception("service account: the inbox cannot be looked through")
