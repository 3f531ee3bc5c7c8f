"""How long after hang-up a 15 s message is text, through the whole product: line, worker, database, API."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.desk import Desk
from bench.figures import Figure, percentile
from bench.instance import Instance, running
from callcenter.softphone import Phone
from callcenter.softphone.audio import load_wav

ROUNDS = 3
SPOKEN_S = 15
TARGET_S = 8.0
RATE_HZ = 8_000
VOICE = Path(__file__).parents[1] / "tests" / "voices" / "zh-message-01.wav"


def run(instance: Instance) -> list[Figure]:
    """In an instance of its own, whose recogniser is on."""
    with running(engine="auto") as own:
        waits = asyncio.run(_run(Desk(own)))
    name = f"hang-up → text of a {SPOKEN_S} s message, median of {ROUNDS}"
    return [Figure(name=name, measured=percentile(waits, 0.5), unit="s", target=TARGET_S)]


async def _run(desk: Desk) -> list[float]:
    await _message(desk, "13600009999")  # the first one loads the model
    return [await _message(desk, f"1360000{number:04d}") for number in range(ROUNDS)]


async def _message(desk: Desk, number: str) -> float:
    """Somebody calls the closed line, speaks after the beep, and hangs up."""
    said = np.resize(np.frombuffer(load_wav(str(VOICE)), "<i2"), SPOKEN_S * RATE_HZ).tobytes()
    async with await Phone.open(server=desk.server, user=number) as caller:
        call = await caller.dial("8001")
        await call.wait_tone(timeout_s=60)
        await call.wait_silence(0.2)
        await call.play_to_end(said)
        await call.hangup()
        gone = time.monotonic()
        await desk.until(lambda: _understood(desk, number), within_s=120, every_s=0.05)
        return time.monotonic() - gone


def _understood(desk: Desk, number: str) -> bool:
    tickets: list[dict[str, Any]] = desk.get("/tickets?status=open&limit=10")["items"]
    mine = [ticket["transcript"] for ticket in tickets if ticket["contact"]["phone"] == number]
    return any(transcript and transcript["state"] == "done" for transcript in mine)
