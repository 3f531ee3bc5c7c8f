"""Live captions of one web process: kept in memory while they are news, shown to whoever may see the call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect, WebSocketState

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.domain.captions import Caption, from_json
from callcenter.domain.fold import fold_call
from web import seeing
from web.console import Console
from web.cookies import session_of
from web.deps import resolve_session
from web.errors import NotLoggedIn
from web.i18n import Speech
from web.live.socket import drain, is_ours
from web.reading import Reader
from web.speaking import speech_of
from web.viewer import involved_in_call
from web.views.calls import is_with

log = logging.getLogger(__name__)
router = APIRouter()

KEPT_S = 120.0
"""A call of which nothing was heard for so long is forgotten."""
MOST_CALLS, MOST_LINES = 100, 12
AGAIN_S = 5.0
"""So often it is asked anew who may see what."""


@dataclass(slots=True)
class _Call:
    lines: OrderedDict[tuple[str, int], Caption] = field(default_factory=OrderedDict)
    heard_at: float = 0.0


class Captions:
    """The latest captions, by call. For the event loop alone."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._version = 0
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, payload: str) -> None:
        """One notification; what is no caption is passed over."""
        caption = from_json(payload)
        if caption is None:
            return
        now = time.monotonic()
        call = self._calls.setdefault(caption.linkedid, _Call())
        call.heard_at = now
        self._calls.move_to_end(caption.linkedid)
        call.lines[caption.extension, caption.number] = caption
        while len(call.lines) > MOST_LINES:
            call.lines.popitem(last=False)
        while len(self._calls) > MOST_CALLS or now - next(iter(self._calls.values())).heard_at > KEPT_S:
            self._calls.popitem(last=False)
        self._version += 1
        task = asyncio.get_running_loop().create_task(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def calls(self) -> list[str]:
        """The calls in which something was said lately."""
        return list(self._calls)

    def of(self, linkedid: str) -> list[Caption]:
        """What was said, in the order in which it began to be understood; nothing where nothing was understood."""
        call = self._calls.get(linkedid)
        return [each for each in call.lines.values() if each.text.strip()] if call else []

    async def versions(self) -> AsyncGenerator[int]:
        """Yields at once, after each caption, and at the latest after AGAIN_S."""
        seen = -1
        while True:
            if seen == self._version:
                try:
                    async with asyncio.timeout(AGAIN_S), self._news:
                        while seen == self._version:
                            await self._news.wait()
                except TimeoutError:
                    pass
            seen = self._version
            yield seen

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()


@router.websocket("/ws/captions")
async def captions_socket(socket: WebSocket, call: str = "") -> None:
    """Sends what is said in a call to those who may see it; without a call: in the calls that the reader has now."""
    console: Console = socket.app.state.console
    secret = session_of(socket)
    if console.settings.captions == "off" or not is_ours(socket) or not secret:
        await socket.close(1008)
        return
    try:
        reader = await run_in_threadpool(resolve_session, console, secret)
    except (NotLoggedIn, DatabaseUnavailable):
        await socket.close(1008)
        return
    await socket.accept()
    sending = asyncio.create_task(_send(socket, console, secret, reader, call))
    receiving = asyncio.create_task(drain(socket))
    _, pending = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(sending, receiving, return_exceptions=True)
    if socket.application_state is not WebSocketState.DISCONNECTED and not receiving.done():
        await socket.close(1001)


async def _send(socket: WebSocket, console: Console, secret: str, reader: Reader, wanted: str) -> None:
    captions: Captions = socket.app.state.captions
    say, sent = speech_of(socket), None
    may: dict[str, bool] = {}
    asked_at = asyncio.get_running_loop().time()
    try:
        async with aclosing(captions.versions()) as versions:
            async for _ in versions:
                now = asyncio.get_running_loop().time()
                if now - asked_at >= AGAIN_S:
                    reader, asked_at = await run_in_threadpool(resolve_session, console, secret), now
                    may.clear()
                calls = [wanted] if wanted else captions.calls()
                for linkedid in calls:
                    if linkedid not in may and captions.of(linkedid):
                        may[linkedid] = await run_in_threadpool(_may_see, console, reader, linkedid, wanted)
                lines = [line for linkedid in calls if may.get(linkedid) for line in captions.of(linkedid)]
                html = render(console, lines, say)
                if html != sent:
                    sent = html
                    await socket.send_text(html)
    except (NotLoggedIn, DatabaseUnavailable, WebSocketDisconnect):
        pass


def _may_see(console: Console, reader: Reader, linkedid: str, wanted: str) -> bool:
    """Whether what is said in a call is the reader's to see; on the desk's page only their own calls. It is a look."""
    with console.work() as work:
        call = fold_call(work.calls.events(linkedid)) or work.calls.get(linkedid)
        if call is None or not reader.viewer.may_see(involved_in_call(call)):
            return False
        if not wanted and not is_with(call, reader.viewer.extension):
            return False
        seeing.captions(work, reader.viewer, linkedid, console.clock())
    return True


def render(console: Console, lines: list[Caption], say: Speech) -> str:
    """The captions as a part of a page."""
    return console.renderer.render("parts/captions.html", say, {"lines": lines})
