"""How long people wait: after pressing 1, for the ticket after hanging up, for the live board."""

from __future__ import annotations

import asyncio
import re
import time

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from bench.desk import Desk, ringing
from bench.figures import Figure, percentile
from bench.instance import LOOPBACK, Instance
from callcenter.softphone import Phone
from callcenter.softphone.audio import load_wav

ROUNDS = 7
PROMPT_MS, TICKET_MS, BOARD_MS = 500.0, 1000.0, 250.0
RATE_HZ = 8000
Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


def run(instance: Instance) -> list[Figure]:
    """Each wait a few times; the median is held to the target."""
    return asyncio.run(_run(Desk(instance)))


async def _run(desk: Desk) -> list[Figure]:
    prompts, tickets, boards = [], [], []
    async with await desk.phone("101") as phone:
        for index in range(ROUNDS):
            prompt_ms, ticket_ms = await _message(desk, phone, f"1360000{index:04d}")
            prompts.append(prompt_ms)
            tickets.append(ticket_ms)
        async with await _board(desk) as board:
            for index in range(ROUNDS):
                boards.append(await _shown(desk, phone, board, f"1350000{index:04d}"))
    return [
        _figure("pressing 1 → the first prompt, median", prompts, PROMPT_MS),
        _figure("hang-up → the ticket is there, median", tickets, TICKET_MS),
        _figure("the phone's 200 → the live board, median", boards, BOARD_MS),
    ]


def _figure(name: str, values: list[float], target: float) -> Figure:
    return Figure(name=name, measured=percentile(values, 0.5), unit="ms", target=target)


async def _message(desk: Desk, phone: Phone, number: str) -> tuple[float, float]:
    """A caller presses 1 while the phone rings, speaks and hangs up."""
    prompt = _speech(load_wav("asterisk-config/sounds/zh/pressed-1.wav"))
    async with await Phone.open(server=desk.server, user=number) as caller:
        call = await caller.dial("8000")
        leg = await ringing(phone)
        await leg.ring()
        await call.wait_audio()
        heard_s = len(call.received) / 2 / RATE_HZ
        await call.send_digits("1")
        await call.wait_silence(0.4, timeout_s=20)
        heard = np.frombuffer(call.received, dtype="<i2").astype(np.float64)
        begins_s = _find(heard[int(heard_s * RATE_HZ) :], prompt)
        await call.send_digits("2")
        await call.wait_tone(timeout_s=20)
        await call.wait_silence(0.5)
        await call.hangup()
        gone = time.monotonic()
        await desk.until(lambda: _ticket_of(desk, number), within_s=10)
        return 1000 * begins_s, 1000 * (time.monotonic() - gone)


def _speech(pcm: bytes) -> Samples:
    """The first 0.4 s of a prompt from where it is loud."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    start = int(np.argmax(np.abs(samples) > 500))
    return samples[start : start + int(0.4 * RATE_HZ)]


def _find(
    heard: np.ndarray[tuple[int], np.dtype[np.float64]], wanted: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    """Seconds into `heard` where `wanted` fits best, by normalised correlation."""
    products = np.correlate(heard, wanted, mode="valid")
    energy = np.convolve(heard**2, np.ones(len(wanted)), mode="valid")
    return float(np.argmax(products / np.sqrt(energy + 1e6))) / RATE_HZ


def _ticket_of(desk: Desk, number: str) -> bool:
    tickets = desk.get("/tickets?status=open&limit=5")["items"]
    return any(ticket["contact"]["phone"] == number for ticket in tickets)


async def _board(desk: Desk) -> connect:
    """The live board's socket of 101, logged in as in a browser."""
    person = next(each for each in desk.accounts["staff"] if each["extension"] == "101")
    base = f"http://{LOOPBACK}:{desk.instance.web_port}"
    async with httpx.AsyncClient(base_url=base) as browser:
        page = await browser.get("/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        form = {
            "username": person["console_user"],
            "password": person["console_password"],
            "csrf_token": token[1] if token else "",
        }
        await browser.post("/login", data=form)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return connect(
        f"ws://{LOOPBACK}:{desk.instance.web_port}/ws/board",
        origin=Origin(base),
        additional_headers={"Cookie": cookies},
    )


async def _shown(desk: Desk, phone: Phone, board: ClientConnection, number: str) -> float:
    """From the phone's 200 to the board that says whom they are speaking with."""
    async with await Phone.open(server=desk.server, user=number) as caller:
        call = await caller.dial("8000")
        leg = await ringing(phone)
        await leg.ring()
        await leg.answer()
        answered = leg.times["answered"].monotonic
        async with asyncio.timeout(10):
            while 'id="pop-' not in str(await board.recv()):
                pass
        shown = time.monotonic()
        await call.hangup()
        await leg.wait_ended()
        async with asyncio.timeout(10):
            while 'id="pop-' in str(await board.recv()):
                pass
        return 1000 * (shown - answered)
