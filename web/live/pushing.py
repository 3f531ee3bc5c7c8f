"""What the live parts of pages share: news to wait for, and a WebSocket of our own pages while the session lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect, WebSocketState

from callcenter.db.deadline import DatabaseUnavailable
from web.console import Console
from web.cookies import session_of
from web.deps import resolve_session
from web.errors import NotLoggedIn
from web.reading import Reader

Send = Callable[[str, Reader], Awaitable[None]]
"""Sends to the reader with that session, until it ends (NotLoggedIn) or the browser is gone (WebSocketDisconnect)."""


class News:
    """Counts news and wakes whoever waits for them. For the event loop alone."""

    def __init__(self) -> None:
        """No news yet."""
        self.version = 0
        self._told = asyncio.Condition()

    async def tell(self) -> None:
        """There is something new."""
        async with self._told:
            self.version += 1
            self._told.notify_all()

    async def after(self, seen: int, every_s: float) -> int:
        """The version as soon as it is another than `seen`, and at the latest after `every_s` seconds."""
        if seen == self.version:
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s), self._told:
                    while seen == self.version:
                        await self._told.wait()
        return self.version


def _is_ours(socket: WebSocket) -> bool:
    """Whether the page that opens the socket is one of ours: a cookie alone would let any site listen."""
    origin = urlsplit(socket.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == socket.headers.get("host")


async def push(socket: WebSocket, send: Send) -> None:
    """Accept a socket that one of our pages opens in a living session, and `send` until either side ends."""
    console: Console = socket.app.state.console
    secret = session_of(socket)
    if not _is_ours(socket) or not secret:
        await socket.close(1008)
        return
    try:
        reader = await run_in_threadpool(resolve_session, console, secret)
    except (NotLoggedIn, DatabaseUnavailable):
        await socket.close(1008)
        return
    await socket.accept()
    sending = asyncio.create_task(_until_over(send(secret, reader)))
    receiving = asyncio.create_task(_drain(socket))
    _, pending = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(sending, receiving, return_exceptions=True)
    if socket.application_state is not WebSocketState.DISCONNECTED and not receiving.done():
        await socket.close(1001)


async def _until_over(sending: Awaitable[None]) -> None:
    with suppress(NotLoggedIn, DatabaseUnavailable, WebSocketDisconnect):
        await sending


async def _drain(socket: WebSocket) -> None:
    """Reads until the browser is gone; what it says does not matter."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
