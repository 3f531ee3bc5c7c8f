"""Transfers with the desk phone's own key (SIP REFER): only Asterisk's own events tell the desk."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from callcenter.softphone.errors import CallFailed
from callcenter.softphone.incoming import IncomingCall
from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, next_ring, phones
from tests.pbx.prompts import hear

pytestmark = pytest.mark.anyio

CLOSE_S = 0.3


def since(at: datetime | None, unix: float) -> float:
    """Seconds between what the desk wrote down and what we did."""
    assert at is not None
    return abs((at - datetime.fromtimestamp(unix, UTC)).total_seconds())


async def refer(first: IncomingCall, target: str) -> float:
    """The transfer key; the phone hangs up when its REFER was taken. The instant of the REFER."""
    at = time.time()
    assert await first.refer(target) < 300
    return at


async def test_blind(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        asked = await refer(first, "102")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await colleague.answer()
        answered = time.time()
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        await colleague.hangup()
        await call.wait_ended()
        record = await desk.ended()
    assert (handoff.mode, handoff.from_.extension, handoff.to.extension) == ("phone", "101", "102")
    assert handoff.within_limit is True
    assert since(handoff.requested_at, asked) < CLOSE_S
    assert since(handoff.answered_at, answered) < CLOSE_S
    assert since(handoff.completed_at, answered) < CLOSE_S
    assert record.first_responder is not None
    assert (record.first_responder.extension, record.outcome) == ("101", "answered")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, "refused"), (603, "refused"), (480, "no_answer"), (None, "no_answer")],
)
async def test_blind_fails(desk: TestDesk, status: int | None, outcome: str) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await refer(first, "102")
        colleague = await next_ring(desk_phones["102"])
        await (colleague.ring() if status is None else colleague.reject(status))
        handoff = await desk.handoff(outcome)
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(call, again)
        await again.hangup()
        await call.wait_ended()
    assert (handoff.mode, handoff.within_limit) == ("phone", None)


async def test_blind_to_nobody(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await refer(first, "199")
        again = await next_ring(desk_phones["101"])
        await again.reject(486)
        await hear(call, "beep")
        await call.hangup()
        record = await desk.ended()
    assert record.handoffs == ()
    assert [recording.ticket for recording in record.recordings] == [record.ticket]


@pytest.mark.parametrize("target", ["8001", "13900000000", "101"])
async def test_blind_to_no_colleague_rings_back(desk: TestDesk, target: str) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await refer(first, target)
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(call, again)
        await call.hangup()
        record = await desk.ended()
    assert record.handoffs == ()


async def test_blind_to_no_number_is_refused(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        try:
            status = await first.refer("shouwen-lines")
        except CallFailed as refused:
            status = refused.status
        assert status >= 400
        await hear_each_other(call, first)
        await call.hangup()


async def test_attended(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        ticket = (await desk.until(lambda call: call.ticket is not None)).ticket
        consult = await desk_phones["101"].dial("102")
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await consult.wait_answered()
        await hear_each_other(consult, colleague)
        asked = time.time()
        assert await first.refer_replaces(consult) < 300
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        await first.wait_ended()
        await consult.wait_ended()
        await call.hangup()
        await colleague.wait_ended()
        record = await desk.ended()
    assert (handoff.mode, handoff.from_.extension, handoff.to.extension) == ("phone", "101", "102")
    assert handoff.within_limit is True
    assert since(handoff.requested_at, asked) < CLOSE_S
    assert since(handoff.completed_at, asked) < CLOSE_S
    assert record.first_responder is not None
    assert (record.first_responder.extension, record.ticket) == ("101", ticket)
    assert len(record.handoffs) == 1
