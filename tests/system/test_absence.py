"""Somebody is away: the phone of whoever stands in rings in their place, on a real Asterisk."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.softphone import Phone, tone
from callcenter.softphone.errors import WaitTimeout
from tests.polling import until_async
from tests.system.conftest import Start
from tests.system.product import Product, hear, ringing

pytestmark = pytest.mark.anyio


async def rung_by_the_line(product: Product, *extensions: str) -> None:
    """Until the line rings these and nobody else of 101 to 104."""
    (members,) = product.home.rglob("queue_members.conf")

    def look() -> bool:
        text = members.read_text("utf-8")
        return all((f"PJSIP/{each}" in text) == (each in extensions) for each in ("101", "102", "103", "104"))

    await until_async(look, 10, f"the line rings {extensions}")


async def never_rung(phone: Phone) -> None:
    """It has had no call, and within a second gets none."""
    with pytest.raises(WaitTimeout):
        await phone.next_call(1)


@pytest.mark.rule("S3")
async def test_the_b_post_is_rung_for_who_is_away(start: Start) -> None:
    product = await asyncio.to_thread(start, ring_timeout_s=6)
    async with (
        product.phone("101") as responder,
        product.phone("102") as absent,
        product.phone("104") as deputy,
        product.caller("13800000601") as outside,
    ):
        body = {"actor": "104", "extension": "102", "cover": "104", "reason": "training"}
        absence = await asyncio.to_thread(product.post, "/api/v1/absences", body)
        assert absence["begun_at"] is not None
        await rung_by_the_line(product, "101", "103", "104")

        call = await outside.dial("8000")
        also, answered = await ringing(deputy), await ringing(responder)
        await answered.answer()
        await also.wait_ended()
        await hear(answered, call)
        await answered.send_digits("*3")
        await answered.wait_audio()
        await answered.send_digits("102#")  # handed to the one who is away
        await answered.wait_tone(1000)
        await answered.play_to_end(tone(440, 2.0))
        await answered.send_digits("#")
        taken = await ringing(deputy)
        await taken.answer()
        await taken.wait_tone(440)
        await taken.send_digits("1")
        await hear(taken, call)
        await taken.hangup()
        await call.wait_ended()
        (handoff,) = (await product.call("13800000601", "ended_at"))["handoffs"]
        assert (handoff["to"]["extension"], handoff["outcome"]) == ("104", "accepted")
        await never_rung(absent)

        await asyncio.to_thread(product.post, f"/api/v1/absences/{absence['id']}/end", {"actor": "102"})
        await rung_by_the_line(product, "101", "102", "103")
