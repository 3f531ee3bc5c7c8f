"""Parts that freeze, and a desk that dies in the middle of things."""

from __future__ import annotations

import asyncio
import signal

import pytest

from callcenter.runtime import agi_health
from tests.polling import until_async
from tests.system.conftest import Start
from tests.system.product import VOICES, Product, hear, leave_message, ringing, talk

pytestmark = pytest.mark.anyio

SLACK_S = 3.0
"""What a busy machine may add to a limit."""


async def test_a_frozen_database_costs_no_call(start: Start) -> None:
    product: Product = start(ring_timeout_s=5)
    answered, recorded = "13800000301", "13800000302"
    frozen = product.the("postgres")
    family = [frozen, *frozen.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        await until_async(
            lambda: (product.health() or {}).get("status") == "degraded", 3 + SLACK_S, "health `degraded`"
        )
        said = product.health()
        assert said is not None
        assert said["parts"]["database"] == "down"
        for path in ("/api/v1/calls", "/api/v1/tickets"):
            refused = await asyncio.to_thread(product.get, path)
            assert (refused.status, refused.kind) == (503, "application/problem+json")
            assert refused.took_s < 3 + SLACK_S
        async with product.phone("101") as desk, product.caller(answered) as outside:
            call, incoming = await talk(outside, desk)
            await hear(incoming, call)
            await call.hangup()
            await incoming.wait_ended()
        async with product.caller(recorded) as outside:
            call = await leave_message(outside, "8001", "zh-message-02.wav")
            await call.hangup()
        backlog = (product.health() or {"parts": {"journal": {"backlog": 0}}})["parts"]["journal"]["backlog"]
        assert backlog > 5
    finally:
        for process in family:
            process.resume()
    first = await product.call(answered, "ended_at", 15)
    second = await product.call(recorded, "ended_at", 15)
    assert (first["outcome"], second["outcome"]) == ("answered", "callback")
    assert first["source"] == second["source"] == "live"
    assert first["ticket"] != second["ticket"]
    await product.ticket_when(first["ticket"], bool, 2)
    await product.ticket_when(second["ticket"], lambda ticket: ticket["status"] == "open", 2)
    await until_async(product.is_well, 15, "health `ok`")


async def test_a_frozen_desk_is_killed_and_started_again(start: Start) -> None:
    product: Product = start(ring_timeout_s=5)
    number = "13800000303"
    async with product.phone("101") as desk, product.caller(number) as outside:
        frozen = product.the("shouwen agi")
        frozen.suspend()
        call = await outside.dial("8000")
        await until_async(lambda: not frozen.is_running(), 4 + SLACK_S, "the end of the frozen desk")
        incoming = await ringing(desk, 15)
        await incoming.answer()
        await call.wait_answered()
        await hear(incoming, call)
        await call.hangup()
    seen = await product.call(number, "ended_at", 15)
    assert seen["outcome"] == "answered"
    assert seen["first_responder"]["extension"] == "101"
    await product.ticket_when(seen["ticket"], bool, 3)


async def test_the_desk_dies_in_the_middle_of_a_call(start: Start) -> None:
    product: Product = start(ring_timeout_s=5)
    number = "13800000304"
    async with (
        product.phone("101") as desk,
        product.phone("102") as other,
        product.caller(number) as outside,
    ):
        call, incoming = await talk(outside, desk)
        seen = await product.call(number, "answered_at")
        killed = product.the("shouwen agi")
        killed.send_signal(signal.SIGKILL)
        await hear(incoming, call)

        def back() -> bool:
            port = int(product.environment["SHOUWEN_AGI_PORT"])
            return agi_health.probe("127.0.0.1", port, 1) is not None

        await until_async(back, 10, "the desk")
        # it knows the call that it had lost sight of
        await incoming.send_digits("*2102#")
        colleague = await ringing(other)
        await colleague.answer()
        await hear(incoming, colleague)
        await incoming.hangup()
        await hear(call, colleague)
        await call.hangup()
    ended = await product.call(number, "ended_at", 10)
    assert (ended["outcome"], ended["source"], ended["ticket"]) == ("answered", "live", seen["ticket"])
    assert ended["first_responder"] == seen["first_responder"]
    [handoff] = ended["handoffs"]
    assert handoff["outcome"] == "accepted"


async def test_nobody_there_and_no_desk_the_line_records_by_itself(start: Start) -> None:
    product: Product = start(ring_timeout_s=5)
    number = "13800000305"
    assert product.process is not None
    product.process.send_signal(signal.SIGSTOP)  # nobody starts the desk again
    try:
        product.the("shouwen agi").send_signal(signal.SIGKILL)
        async with product.caller(number, "张雨晴") as outside:
            call = await leave_message(outside)
            await call.hangup()
    finally:
        product.process.send_signal(signal.SIGCONT)
    seen = await product.call(number, "ended_at", 15)
    assert (seen["outcome"], seen["source"]) == ("callback", "rebuilt")
    ticket = await product.ticket_when(
        seen["ticket"], lambda found: found["transcript"] and found["transcript"]["state"] != "pending", 90
    )
    assert (ticket["status"], ticket["contact"]["phone"]) == ("open", number)
    assert ticket["transcript"]["state"] == "done"
    assert "热水" in ticket["transcript"]["text"]


async def test_the_desk_dies_while_a_caller_speaks(start: Start) -> None:
    product: Product = start()
    number = "13800000306"
    async with product.caller(number) as outside:
        call = await outside.dial("8001")
        await call.wait_tone(timeout_s=45)
        spoken = call.play(VOICES / "zh-message-01.wav")
        await until_async(
            lambda: list(product.home.glob("recordings/2*/*/*/*.wav")), 5, "the recording's file"
        )
        product.the("shouwen agi").send_signal(signal.SIGKILL)
        await spoken
        await call.hangup()
    seen = await product.call(number, "ended_at", 10)
    assert seen["outcome"] == "callback"
    ticket = await product.ticket_when(
        seen["ticket"], lambda found: found["transcript"] and found["transcript"]["state"] != "pending", 90
    )
    assert (ticket["status"], ticket["contact"]["phone"]) == ("open", number)
    assert "热水" in ticket["transcript"]["text"]
