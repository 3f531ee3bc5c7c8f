"""Asterisk's side of FastAGI for benchmarks: many clients, each answering `200 result=1` until the server hangs up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

Address = tuple[str, int]


@dataclass(slots=True)
class Tally:
    """What came of a run."""

    latencies_s: list[float] = field(default_factory=list)
    """From the beginning of connecting to the server's end of the conversation."""
    commands: int = 0
    failed: int = 0
    """Refused or cut-off connections, and conversations that took too long."""
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Finished conversations a second; 0 when none."""
        return len(self.latencies_s) / self.seconds if self.seconds else 0.0


def environment(
    entry: str,
    arguments: Sequence[str] = (),
    *,
    channel: str,
    uniqueid: str,
    number: str,
    extension: str = "8000",
) -> bytes:
    """What Asterisk 22 sends for `AGI(agi://127.0.0.1/entry,arguments…)`."""
    lines = [
        ("network", "yes"),
        ("network_script", entry),
        ("request", f"agi://127.0.0.1/{entry}"),
        ("channel", channel),
        ("language", "zh"),
        ("type", "PJSIP"),
        ("uniqueid", uniqueid),
        ("version", "22.10.1"),
        ("callerid", number),
        ("calleridname", "unknown"),
        ("callingpres", "0"),
        ("callingani2", "0"),
        ("callington", "0"),
        ("callingtns", "0"),
        ("dnid", extension),
        ("rdnis", "unknown"),
        ("context", "bench"),
        ("extension", extension),
        ("priority", "1"),
        ("enhanced", "0.0"),
        ("accountcode", ""),
        ("threadid", "140000000000000"),
        *((f"arg_{number_}", text) for number_, text in enumerate(arguments, 1)),
    ]
    return "".join(f"agi_{name}: {value}\n" for name, value in lines).encode() + b"\n"


class Conversation(asyncio.Protocol):
    """One session. `hold`: leaves the first command unanswered."""

    def __init__(self, data: bytes, hold: bool) -> None:
        self._data = data
        self._hold = hold
        self._transport: asyncio.Transport | None = None
        self.asked = asyncio.get_running_loop().create_future()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.commands = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own does not derive from asyncio's
        self._transport.write(self._data)

    def data_received(self, data: bytes) -> None:
        count = data.count(b"\n")
        self.commands += count
        if not self.asked.done():
            self.asked.set_result(None)
        if not self._hold and self._transport is not None:
            self._transport.write(b"200 result=1\n" * count)

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (self.asked, self.over):
            if not future.done():
                future.set_result(None)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def converse(address: Address, data: bytes, tally: Tally, timeout_s: float = 10.0) -> float:
    """One session to its end; returns its seconds and counts it."""
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _, session = await loop.create_connection(lambda: Conversation(data, hold=False), *address)
            try:
                await session.over
            finally:
                session.abort()
    except (TimeoutError, OSError):
        tally.failed += 1
        return time.perf_counter() - began
    took_s = time.perf_counter() - began
    tally.latencies_s.append(took_s)
    tally.commands += session.commands
    return took_s


async def saturate(address: Address, clients: int, seconds: float, make: Callable[[int], bytes]) -> Tally:
    """That many clients, each beginning a new session as soon as the last one ended."""
    tally = Tally()
    began = time.perf_counter()
    number = 0

    async def client() -> None:
        nonlocal number
        while time.perf_counter() - began < seconds:
            number += 1
            await converse(address, make(number), tally)

    await asyncio.gather(*(client() for _ in range(clients)))
    tally.seconds = time.perf_counter() - began
    return tally


def _itself(session: Conversation) -> Conversation:
    return session


async def hold(
    address: Address, count: int, make: Callable[[int], bytes], timeout_s: float = 60.0
) -> list[Conversation]:
    """That many sessions whose first command came and waits for its reply; the caller aborts them."""
    loop = asyncio.get_running_loop()
    sessions: list[Conversation] = []
    async with asyncio.timeout(timeout_s):
        for number in range(count):
            session = Conversation(make(number), hold=True)
            await loop.create_connection(partial(_itself, session), *address)
            sessions.append(session)
        await asyncio.gather(*(session.asked for session in sessions))
    return sessions
