"""Calling back through the whole product: a click in, a telephone rings, the ticket has what became of it."""

from __future__ import annotations

import asyncio
import random
import socket
import wave
from contextlib import suppress
from typing import Any

import pytest

from callcenter.softphone import Phone
from tests.polling import until_async
from tests.system.conftest import Start
from tests.system.product import LOOPBACK, hear, nothing_private_in_logs, ringing, talk

pytestmark = pytest.mark.anyio

CALLER = "13800138123"


def free_sip_port() -> int:
    """A port below those that the system gives to phones and their audio."""
    for port in random.sample(range(18000, 20000), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise RuntimeError("no port is free")


@pytest.fixture
def carrier_port() -> int:
    """Where the carrier listens."""
    return free_sip_port()


@pytest.mark.rule("H40", "H32")
async def test_a_click_a_talk_a_key(start: Start, carrier_port: int) -> None:
    product = await asyncio.to_thread(start, trunk_dial=f"{LOOPBACK}:{carrier_port}", ring_timeout_s=6)
    async with (
        product.phone("101") as own,
        product.caller(CALLER) as outside,
        await Phone.open(server=product.sip, user="carrier", port=carrier_port) as carrier,
    ):
        call, answered = await talk(outside, own)
        await call.hangup()
        await answered.wait_ended()
        ticket = (await product.call(CALLER, "ended_at"))["ticket"]
        address = f"/api/v1/tickets/{ticket}/call-backs"
        asked = await asyncio.to_thread(product.post, address, {"actor": "101"})
        assert (asked["state"], asked["number"]) == ("requested", CALLER)
        mine = await ringing(own, 5)
        await mine.answer()
        theirs = await ringing(carrier)
        assert theirs.invite.uri.startswith(f"sip:{CALLER}@")
        await theirs.answer()
        await hear(mine, theirs)
        await mine.hangup()
        await theirs.wait_audio()
        await theirs.send_digits("2")
        await theirs.wait_ended(20)

        def rated() -> dict[str, Any]:
            (item,) = product.get(address).body["items"]
            return item if item["digit"] else {}

        done = await until_async(rated, 5, "the key on the ticket")
        assert (done["state"], done["outcome"], done["digit"]) == ("ended", "reached", "2")
        assert done["by"]["extension"] == "101"
        assert done["recording"] is not None
        instants = [
            done[name] for name in ("requested_at", "started_at", "rang_at", "answered_at", "reached_at")
        ]
        assert instants == sorted(instants)
        assert 0 <= done["greeting_ms"] <= done["talk_ms"]
        # a call that we place is none that came
        calls = product.get("/api/v1/calls?limit=500").body["items"]
        assert len(calls) == 1
        (sound,) = (product.home / "recordings").rglob("call-back-*.wav")
        with wave.open(str(sound)) as recorded:
            assert recorded.getnframes() / 8000 == pytest.approx(done["talk_ms"] / 1000, abs=0.5)
        assert product.is_well()
    nothing_private_in_logs(product.home, CALLER)


async def test_the_desk_dies_in_the_middle_of_the_talk(start: Start, carrier_port: int) -> None:
    """The talk goes on; what the desk did not see comes from Asterisk's own record."""
    product = await asyncio.to_thread(start, trunk_dial=f"{LOOPBACK}:{carrier_port}", ring_timeout_s=6)
    async with (
        product.phone("101") as own,
        product.caller(CALLER) as outside,
        await Phone.open(server=product.sip, user="carrier", port=carrier_port) as carrier,
    ):
        call, answered = await talk(outside, own)
        await call.hangup()
        await answered.wait_ended()
        ticket = (await product.call(CALLER, "ended_at"))["ticket"]
        address = f"/api/v1/tickets/{ticket}/call-backs"
        await asyncio.to_thread(product.post, address, {"actor": "101"})
        mine = await ringing(own, 5)
        await mine.answer()
        theirs = await ringing(carrier)
        agi = product.the("shouwen agi")
        agi.suspend()  # it sees neither the answer nor the end: it is killed before it goes on
        await theirs.answer()
        await hear(mine, theirs)
        agi.kill()
        await theirs.hangup()
        await mine.wait_ended()

        def ended() -> dict[str, Any]:
            (item,) = product.get(address).body["items"]
            return item if item["state"] == "ended" else {}

        done = await until_async(ended, 20, "the end of the attempt")
        assert done["outcome"] == "reached"
        assert done["talk_ms"] > 0
        assert done["recording"] is not None
        await until_async(product.is_well, 20, "health")
        assert len(product.get("/api/v1/calls?limit=500").body["items"]) == 1
