"""Live transfer (*2)."""

from __future__ import annotations

import pytest

from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, next_ring, phones

pytestmark = pytest.mark.anyio


async def test_completed_by_hanging_up(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await colleague.answer()
        await hear_each_other(first, colleague)
        await first.hangup()
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        await colleague.hangup()
        await call.wait_ended()
    assert (handoff.mode, handoff.from_.extension, handoff.to.extension) == ("live", "101", "102")
    assert handoff.within_limit is True


async def test_back_with_star_one(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear_each_other(first, colleague)
        await first.send_digits("*1")
        await colleague.wait_ended()
        await hear_each_other(call, first)
        await desk.handoff("cancelled")
        await first.hangup()
        await call.wait_ended()


async def test_back_while_it_rings(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await first.send_digits("*1")
        await colleague.wait_ended()
        await hear_each_other(call, first)
        await desk.handoff("cancelled")
        await first.hangup()
        await call.wait_ended()


async def test_refused(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.reject(486)
        await desk.handoff("refused")
        await hear_each_other(call, first)
        await first.hangup()
        await call.wait_ended()


async def test_rings_on_without_the_responder(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await first.hangup()
        await colleague.answer()
        await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        await call.hangup()
        await colleague.wait_ended()


async def test_caller_leaves_in_the_consult(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear_each_other(first, colleague)
        await call.hangup()
        await desk.handoff("cancelled")
        await first.wait_ended()
        await colleague.wait_ended()
