"""Live captions of one web process: kept in memory while they are news, shown to whoever may see the call."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool

from callcenter.domain.captions import Caption, from_json
from callcenter.domain.fold import fold_call
from web import seeing
from web.console import Console
from web.deps import resolve_session
from web.i18n import Speech
from web.live.pushing import News, push
from web.reading import Reader
from web.speaking import speech_of
from web.viewer import involved_in_call
from web.views.calls import is_with

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
        self.news = News()
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
        task = asyncio.get_running_loop().create_task(self.news.tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def calls(self) -> list[str]:
        """The calls in which something was said lately."""
        return list(self._calls)

    def of(self, linkedid: str) -> list[Caption]:
        """What was said, in the order in which it began to be understood; nothing where nothing was understood."""
        call = self._calls.get(linkedid)
        return [each for each in call.lines.values() if each.text.strip()] if call else []


@router.websocket("/ws/captions")
async def captions_socket(socket: WebSocket, call: str = "") -> None:
    """Sends what is said in a call to those who may see it; without a call: in the calls that the reader has now."""
    console: Console = socket.app.state.console
    if console.settings.captions == "off":
        await socket.close(1008)
        return
    await push(socket, partial(_send, socket, call))


async def _send(socket: WebSocket, wanted: str, secret: str, reader: Reader) -> None:
    console: Console = socket.app.state.console
    captions: Captions = socket.app.state.captions
    say, sent, seen = speech_of(socket), None, -1
    may: dict[str, bool] = {}
    asked_at = asyncio.get_running_loop().time()
    while True:
        seen = await captions.news.after(seen, AGAIN_S)
        now = asyncio.get_running_loop().time()
        if now - asked_at >= AGAIN_S:
            reader, asked_at = await run_in_threadpool(resolve_session, console, secret), now
            may.clear()
        calls = [wanted] if wanted else captions.calls()
        for linkedid in calls:
            if linkedid not in may and captions.of(linkedid):
                may[linkedid] = await run_in_threadpool(_may_see, console, reader, linkedid, wanted)
        lines = [line for linkedid in calls if may.get(linkedid) for line in captions.of(linkedid)]
        html = render(console, lines, say, reader.viewer.extension)
        if html != sent:
            sent = html
            await socket.send_text(html)


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


def render(console: Console, lines: list[Caption], say: Speech, mine: str) -> str:
    """The captions as a part of a page; `mine` is the reader's extension."""
    return console.renderer.render("parts/captions.html", say, {"lines": lines, "mine": mine})
