"""100 calls with random delays, cancels and messages: what the record says beside what the phones did."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from bench.desk import Desk, ringing
from bench.figures import Figure, percentile
from bench.instance import Instance
from callcenter.softphone import IncomingCall, Phone

CALLS = 100
SEED = 20261122
ALLOWED_MS = 20.0
PHONES = ("101", "102", "103")


@dataclass(slots=True)
class Truth:
    """What really happened in a call."""

    outcome: str
    responder: str | None = None
    answer_ms: float | None = None


def run(instance: Instance) -> list[Figure]:
    """Place the calls one after the other, then compare; some five minutes."""
    return asyncio.run(_run(Desk(instance)))


async def _run(desk: Desk) -> list[Figure]:
    chance = random.Random(SEED)
    truths: dict[str, Truth] = {}
    phones = [await desk.phone(extension) for extension in PHONES]
    try:
        for index in range(CALLS):
            number = f"137{index:08d}"
            truths[number] = await _one(desk, phones, number, chance)
    finally:
        await asyncio.gather(*(phone.close() for phone in phones))
    records = {call["caller"]: call for call in await _settled(desk, len(truths))}
    right = sum(_agrees(truths[number], records[number]) for number in truths)
    off = [
        abs(records[number]["answer_ms"] - truth.answer_ms)
        for number, truth in truths.items()
        if truth.answer_ms is not None
    ]
    return [
        Figure(
            name=f"right responder and outcome of {CALLS} calls",
            measured=right,
            unit="",
            target=CALLS,
            at_most=False,
        ),
        Figure(
            name="|answer_ms − the phones' truth|, p99",
            measured=percentile(off, 0.99),
            unit="ms",
            target=ALLOWED_MS,
        ),
    ]


async def _settled(desk: Desk, count: int) -> list[dict[str, Any]]:
    def ended() -> list[dict[str, Any]]:
        calls = [call for call in desk.calls() if str(call["caller"]).startswith("137")]
        return calls if len(calls) == count and all(call["ended_at"] for call in calls) else []

    found: list[dict[str, Any]] = await desk.until(ended, within_s=30, every_s=0.2)
    return found


def _agrees(truth: Truth, record: dict[str, Any]) -> bool:
    responder = record["first_responder"]
    extension = responder["extension"] if isinstance(responder, dict) else None
    return record["outcome"] == truth.outcome and extension == truth.responder


async def _one(desk: Desk, phones: list[Phone], number: str, chance: random.Random) -> Truth:
    """One call: nine in twelve are answered, one leaves while it rings, one after pressing 1, one a message."""
    async with await Phone.open(server=desk.server, user=number) as caller:
        call = await caller.dial("8000")
        legs = await asyncio.gather(*(ringing(phone) for phone in phones))
        for leg in legs:
            await asyncio.sleep(chance.uniform(0, 0.1))
            await leg.ring()
        what = chance.choice(["answer"] * 9 + ["leave", "press", "message"])
        await asyncio.sleep(chance.uniform(0, 0.8))
        if what == "answer":
            return await _answered(legs, chance)
        if what == "leave":
            await call.hangup()
            truth = Truth("abandoned")
        else:
            await call.send_digits("1")
            if what == "message":
                await call.send_digits("1", tone_ms=100)  # a key cuts the prompt short
                await call.wait_tone(timeout_s=20)
                await call.wait_silence(0.5)
            else:
                await call.wait_silence(0.02)
            await call.hangup()
            truth = Truth("callback" if what == "message" else "abandoned")
        await asyncio.gather(*(leg.wait_ended() for leg in legs))
        return truth


async def _answered(legs: list[IncomingCall], chance: random.Random) -> Truth:
    leg = chance.choice(legs)
    await leg.answer()
    first_ring = min(each.times["ringing"].monotonic for each in legs)
    await asyncio.gather(*(other.wait_ended() for other in legs if other is not leg))
    await asyncio.sleep(chance.uniform(0.05, 0.3))
    await leg.hangup()
    answered = leg.times["answered"].monotonic
    return Truth("answered", leg.phone.user, 1000 * (answered - first_ring))
