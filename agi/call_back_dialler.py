"""From the database to Asterisk: who asks to call back is heard at once, and dialled once. Two threads.

One listens, so that a click rings a phone without a poll's delay; the other takes requests and dials. The database may
freeze or be away for as long as it likes: both wait for it, and whoever clicked meanwhile clicks again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from agi.call_backs import CallBacks
from callcenter.db.address import database_url
from callcenter.db.uow import SqlUnitOfWork
from callcenter.errors import ShouwenError
from callcenter.services.call_backs import CALL_BACKS_CHANNEL, take_requests

log = logging.getLogger(__name__)

POLL_S = 5.0
"""A notification that got lost costs so long at most: less than a request stays fresh."""
RETRY_S = 0.5
ANSWER_S = 2.0
QUIET_S = 20.0
"""After so long without a word the connection is asked whether it still lives."""


class Dialler:
    """Takes requests for this desk and has them dialled."""

    def __init__(self, call_backs: CallBacks, unit_of_work: Callable[[], SqlUnitOfWork]) -> None:
        """Nothing is touched before `start`."""
        self._call_backs = call_backs
        self._unit_of_work = unit_of_work
        address = make_url(database_url(call_backs.desk.settings)).set(drivername="postgresql")
        self._url = address.render_as_string(hide_password=False)
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="call-backs", daemon=True)
        self._ear = threading.Thread(target=self._listen, name="call-backs-ear", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hearing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._ear.start()

    def stop(self) -> None:
        """End; a request in hand is dialled first."""
        self._stopping.set()
        self._asked.set()
        if self._loop is not None and self._hearing is not None:
            with suppress(RuntimeError):  # its loop is over already
                self._loop.call_soon_threadsafe(self._hearing.cancel)
        self._thread.join(5)
        self._ear.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.wait(POLL_S)
            self._asked.clear()
            if self._stopping.is_set():
                return
            if not self._call_backs.desk.manager.connected:
                # Asterisk is just starting: what is asked meanwhile stays fresh for a while
                self._stopping.wait(RETRY_S)
                self._asked.set()
                continue
            try:
                self._take()
                self._failing = False
            except ShouwenError as error:
                if not self._failing:
                    log.warning("call backs cannot be read (%s); trying again", error)
                self._failing = True
                self._stopping.wait(RETRY_S)
                self._asked.set()
            except Exception:
                log.exception("a call back could not be placed")
                self._stopping.wait(RETRY_S)

    def _take(self) -> None:
        desk = self._call_backs.desk
        with self._unit_of_work() as uow:
            orders = take_requests(uow, node=desk.settings.node, now=desk.clock())
            uow.commit()
        for order in orders:
            log.info("a call back is placed", extra={"linkedid": order.call_back.linkedid})
            self._call_backs.dial(order)

    def _listen(self) -> None:
        asyncio.run(self._hear())

    async def _hear(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._hearing = asyncio.current_task()
        while not self._stopping.is_set():
            try:
                await self._hear_once()
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.info("call backs are not heard error=%s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
            except asyncio.CancelledError:
                return

    async def _hear_once(self) -> None:
        async with asyncio.timeout(ANSWER_S):
            connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        try:
            async with asyncio.timeout(ANSWER_S):
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CALL_BACKS_CHANNEL)))
            self._asked.set()
            while True:
                async for _ in connection.notifies(timeout=QUIET_S, stop_after=1):
                    self._asked.set()
                async with asyncio.timeout(ANSWER_S):
                    await connection.execute("SELECT 1")
        finally:
            # Closing says good-bye without waiting for an answer: a frozen server gives none.
            await connection.close()
