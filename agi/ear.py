"""Listening to PostgreSQL: who commits a request says so, and the desk acts at once instead of at the next poll."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from callcenter.db.address import database_url
from callcenter.settings import Settings

log = logging.getLogger(__name__)

RETRY_S = 0.5
ANSWER_S = 2.0
QUIET_S = 20.0
"""After so long without a word the connection is asked whether it still lives."""


class Ear:
    """One thread that sets `asked` after each notification and each new connection, until `stop`."""

    def __init__(self, settings: Settings, channel: str, asked: threading.Event) -> None:
        """Nothing is touched before `start`."""
        address = make_url(database_url(settings)).set(drivername="postgresql")
        self._url = address.render_as_string(hide_password=False)
        self._channel = channel
        self._asked = asked
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"{channel}-ear", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hearing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._loop is not None and self._hearing is not None:
            with suppress(RuntimeError):  # its loop is over already
                self._loop.call_soon_threadsafe(self._hearing.cancel)
        self._thread.join(5)

    def _listen(self) -> None:
        asyncio.run(self._hear())

    async def _hear(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._hearing = asyncio.current_task()
        while not self._stopping.is_set():
            try:
                await self._hear_once()
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.info("%s is not heard error=%s", self._channel, type(error).__name__)
                await asyncio.sleep(RETRY_S)
            except asyncio.CancelledError:
                return

    async def _hear_once(self) -> None:
        async with asyncio.timeout(ANSWER_S):
            connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        try:
            async with asyncio.timeout(ANSWER_S):
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            self._asked.set()
            while True:
                async for _ in connection.notifies(timeout=QUIET_S, stop_after=1):
                    self._asked.set()
                async with asyncio.timeout(ANSWER_S):
                    await connection.execute("SELECT 1")
        finally:
            # Closing says good-bye without waiting for an answer: a frozen server gives none.
            await connection.close()
