"""Listens to PostgreSQL: who commits a change of a call or a ticket says so; the board is told at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg
from psycopg import sql

from callcenter.services.ports import CALLS_CHANNEL, CAPTIONS_CHANNEL, TICKETS_CHANNEL

log = logging.getLogger(__name__)

RETRY_S = 0.5
QUIET_S = 20.0
"""After so long without a word the connection is asked whether it still lives."""
ANSWER_S = 2.0


async def listen(url: str, changed: Callable[[], None], said: Callable[[str], None] | None = None) -> None:
    """Calls `changed` after each notification and each new connection, until cancelled; reconnects.

    `said` is given each live caption, if anybody wants them.
    """
    while True:
        try:
            await _listen_once(url, changed, said)
        except (psycopg.Error, TimeoutError, OSError) as error:
            log.info("board is not connected error=%s", type(error).__name__)
            await asyncio.sleep(RETRY_S)


async def _listen_once(url: str, changed: Callable[[], None], said: Callable[[str], None] | None) -> None:
    channels = (CALLS_CHANNEL, TICKETS_CHANNEL, *((CAPTIONS_CHANNEL,) if said else ()))
    async with asyncio.timeout(ANSWER_S):
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    try:
        async with asyncio.timeout(ANSWER_S):
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        log.info("board is connected")
        changed()
        while True:
            async for news in connection.notifies(timeout=QUIET_S, stop_after=1):
                if said is not None and news.channel == CAPTIONS_CHANNEL:
                    said(news.payload)
                else:
                    changed()
            async with asyncio.timeout(ANSWER_S):
                await connection.execute("SELECT 1")
    finally:
        # Closing says good-bye without waiting for an answer: a frozen server gives none.
        await connection.close()
