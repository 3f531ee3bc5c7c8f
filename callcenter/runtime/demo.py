"""The three demonstration calls: real SIP phones, real audio, through the running product."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from callcenter.errors import ShouwenError
from callcenter.runtime import web_health
from callcenter.settings import Settings
from callcenter.softphone.errors import SoftphoneError
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.phone import Phone

VOICES = Path(__file__).parents[1] / "softphone" / "voices"
GREETING = VOICES / "zh-greeting-01.wav"
BRIEFING = VOICES / "zh-briefing-01.wav"
MESSAGE = VOICES / "zh-message-01.wav"
CALLERS = (("13900010001", "刘女士"), ("13900010002", "孙先生"), ("13900010003", "何女士"))
TRANSCRIBED_WITHIN_S = 120.0
LISTEN_S = 2.5
"""How long the caller of the third call listens before they press a key."""


class DemoFailed(ShouwenError):
    """A demonstration call did not go as it should: `shouwen doctor` may say why."""


def place_demo_calls(settings: Settings, console: Console) -> None:
    """Place the calls one after the other, telling what happens; takes about a minute and a half.

    Raises DemoFailed. The desk phones of the demonstration are gone when this returns: the extensions are free
    for softphones.
    """
    accounts = json.loads(settings.demo_accounts.read_text("utf-8"))
    try:
        asyncio.run(_place(settings, accounts, console))
    except (SoftphoneError, TimeoutError) as error:
        raise DemoFailed(str(error)) from error


async def _place(settings: Settings, accounts: dict[str, Any], console: Console) -> None:
    steps: tuple[tuple[str, Callable[[Settings, dict[str, Any]], Awaitable[None]]], ...] = (
        ("call 1 of 3: answered and greeted by 101", _greeted),
        ("call 2 of 3: handed from 101 to 102 with a spoken briefing", _handed_on),
        ("call 3 of 3: nobody there, the caller leaves a message", _recorded),
    )
    for what, step in steps:
        began = time.monotonic()
        console.print(f"{what} …", highlight=False)
        await step(settings, accounts)
        console.print(f"[green]✓[/green] {what} [dim]{time.monotonic() - began:.0f} s[/dim]", highlight=False)
    began = time.monotonic()
    ticket = await asyncio.to_thread(_transcribed, settings, accounts["api_token"])
    took = f"{time.monotonic() - began:.0f} s"
    clocks = ", ".join(f"{clock['clock']} due {clock['due_at']}" for clock in ticket["clocks"])
    state = ticket["transcript"]["state"] if ticket["transcript"] else "none"
    console.print(
        f"[green]✓[/green] ticket {ticket['number']}: {clocks}; transcript {state} [dim]{took}[/dim]",
        highlight=False,
    )
    console.print(f"http://{web_health.host(settings)}:{settings.web_port}/tickets/{ticket['number']}")


@asynccontextmanager
async def _desk_phone(settings: Settings, accounts: dict[str, Any], extension: str) -> AsyncIterator[Phone]:
    person = next(each for each in accounts["staff"] if each["extension"] == extension)
    phone = await Phone.open(server=_server(settings), user=extension, password=person["sip_password"])
    async with phone:
        await phone.register()
        yield phone


def _server(settings: Settings) -> tuple[str, int]:
    return web_health.host(settings), settings.sip_port


async def _outside(settings: Settings, index: int) -> Phone:
    number, name = CALLERS[index]
    return await Phone.open(server=_server(settings), user=number, display_name=name)


async def _ringing(phone: Phone) -> IncomingCall:
    """The next call that still rings at this phone."""
    while True:
        call = await phone.next_call(timeout_s=15)
        if not call.is_ended:
            return call


async def _greeted(settings: Settings, accounts: dict[str, Any]) -> None:
    async with await _outside(settings, 0) as caller, _desk_phone(settings, accounts, "101") as desk:
        call = await caller.dial(accounts["line"])
        ringing = await _ringing(desk)
        await ringing.ring()
        await asyncio.sleep(1.5)  # somebody reaches for the handset
        await ringing.answer()
        await ringing.play_to_end(GREETING)
        await call.hangup()
        await ringing.wait_ended()


async def _handed_on(settings: Settings, accounts: dict[str, Any]) -> None:
    async with (
        await _outside(settings, 1) as caller,
        _desk_phone(settings, accounts, "101") as desk,
        _desk_phone(settings, accounts, "102") as other,
    ):
        call = await caller.dial(accounts["line"])
        first = await _ringing(desk)
        await first.answer()
        await first.play_to_end(GREETING)
        await first.send_digits("*3")
        await first.wait_audio()
        await first.send_digits("102#")
        await first.wait_tone()
        await first.play_to_end(BRIEFING)
        await first.send_digits("#")
        colleague = await _ringing(other)
        await first.wait_ended()
        await colleague.ring()
        await asyncio.sleep(1.0)  # somebody reaches for the handset
        await colleague.answer()
        await colleague.wait_audio()
        await colleague.wait_silence(2.5)
        await colleague.send_digits("1")
        await colleague.play_to_end(GREETING)
        await call.hangup()
        await colleague.wait_ended()


async def _recorded(settings: Settings, accounts: dict[str, Any]) -> None:
    async with await _outside(settings, 2) as caller:
        call = await caller.dial(accounts["line"])
        await call.wait_tone(timeout_s=30)
        await call.play_to_end(MESSAGE)
        await call.send_digits("#")
        for key in ("1", "2", "1"):  # the number is right, tomorrow, the message is right
            await call.wait_audio()
            await asyncio.sleep(LISTEN_S)  # a key interrupts the question
            await call.send_digits(key)
        await call.wait_ended(timeout_s=60)


def _transcribed(settings: Settings, token: str) -> dict[str, Any]:
    """The ticket of the message, once its transcript is settled or two minutes are over."""
    deadline = time.monotonic() + TRANSCRIBED_WITHIN_S
    while True:
        ticket = _newest_recorded(settings, token)
        settled = ticket and ticket["transcript"] and ticket["transcript"]["state"] != "pending"
        if ticket and (settled or time.monotonic() > deadline):
            return ticket
        if time.monotonic() > deadline:
            raise DemoFailed("the third call left no ticket")
        time.sleep(0.5)


def _newest_recorded(settings: Settings, token: str) -> dict[str, Any] | None:
    url = f"http://{web_health.host(settings)}:{settings.web_port}/api/v1/tickets?status=open&limit=10"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        items: list[dict[str, Any]] = json.load(response)["items"]
    return next((item for item in items if item["transcript"] is not None), None)
