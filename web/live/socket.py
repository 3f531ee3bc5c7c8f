"""The board's WebSocket: only for our own pages, only while the session lives."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect, WebSocketState

from callcenter.db.deadline import DatabaseUnavailable
from web.console import Console
from web.cookies import session_of
from web.deps import resolve_session
from web.errors import NotLoggedIn
from web.i18n import Speech
from web.live.board import Board
from web.live.snapshot import view_for
from web.reading import Reader
from web.speaking import speech_of

log = logging.getLogger(__name__)
router = APIRouter()

AGAIN_S = 10.0
"""At the latest after so long the session is looked at again and the board is sent anew."""


def is_ours(socket: WebSocket) -> bool:
    """Whether the page that opens the socket is one of ours: a cookie alone would let any site listen."""
    origin = urlsplit(socket.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == socket.headers.get("host")


@router.websocket("/ws/board")
async def board_socket(socket: WebSocket) -> None:
    """Sends the board after each change."""
    console: Console = socket.app.state.console
    secret = session_of(socket)
    if not is_ours(socket) or not secret:
        await socket.close(1008)
        return
    try:
        reader = await run_in_threadpool(resolve_session, console, secret)
    except (NotLoggedIn, DatabaseUnavailable):
        await socket.close(1008)
        return
    await socket.accept()
    sending = asyncio.create_task(_send(socket, console, secret, reader))
    receiving = asyncio.create_task(drain(socket))
    _, pending = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(sending, receiving, return_exceptions=True)
    if socket.application_state is not WebSocketState.DISCONNECTED and not receiving.done():
        await socket.close(1001)


async def drain(socket: WebSocket) -> None:
    """Reads until the browser is gone; what it says does not matter."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, console: Console, secret: str, reader: Reader) -> None:
    board: Board = socket.app.state.board
    say = speech_of(socket)
    checked_at = asyncio.get_running_loop().time()
    try:
        async with aclosing(board.versions(AGAIN_S)) as versions:
            async for _ in versions:
                now = asyncio.get_running_loop().time()
                if now - checked_at >= AGAIN_S:
                    reader, checked_at = await run_in_threadpool(resolve_session, console, secret), now
                await socket.send_text(await run_in_threadpool(render, console, board, reader, say))
    except (NotLoggedIn, DatabaseUnavailable, WebSocketDisconnect):
        pass


def render(console: Console, board: Board, reader: Reader, say: Speech) -> str:
    """The board for one reader, or the word that it cannot be had."""
    if board.snapshot is None:
        return console.renderer.render("parts/board_gone.html", say, {})
    now = console.clock()
    values = view_for(board.snapshot, reader.viewer, say, now)
    values |= {"me": reader.viewer, "csrf_token": reader.csrf}
    return console.renderer.render("parts/board.html", say, values)
