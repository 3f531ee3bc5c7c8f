"""The board's WebSocket: only for our own pages, only while the session lives."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool

from web.console import Console
from web.deps import resolve_session
from web.i18n import Speech
from web.live.board import Board
from web.live.pushing import push
from web.live.snapshot import view_for
from web.reading import Reader
from web.speaking import speech_of

router = APIRouter()

AGAIN_S = 10.0
"""At the latest after so long the session is looked at again and the board is sent anew."""


@router.websocket("/ws/board")
async def board_socket(socket: WebSocket) -> None:
    """Sends the board after each change."""
    await push(socket, partial(_send, socket))


async def _send(socket: WebSocket, secret: str, reader: Reader) -> None:
    console: Console = socket.app.state.console
    board: Board = socket.app.state.board
    say = speech_of(socket)
    checked_at = asyncio.get_running_loop().time()
    async with aclosing(board.versions(AGAIN_S)) as versions:
        async for _ in versions:
            now = asyncio.get_running_loop().time()
            if now - checked_at >= AGAIN_S:
                reader, checked_at = await run_in_threadpool(resolve_session, console, secret), now
            await socket.send_text(await run_in_threadpool(render, console, board, reader, say))


def render(console: Console, board: Board, reader: Reader, say: Speech) -> str:
    """The board for one reader, or the word that it cannot be had."""
    if board.snapshot is None:
        return console.renderer.render("parts/board_gone.html", say, {})
    now = console.clock()
    values = view_for(board.snapshot, reader.viewer, say, now)
    values |= {"me": reader.viewer, "csrf_token": reader.csrf}
    return console.renderer.render("parts/board.html", say, values)
