"""Live transfer (*2)."""

from __future__ import annotations

import pytest

from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.phone import Phone
from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, next_ring, phones
from tests.pbx.prompts import hear

pytestmark = pytest.mark.anyio


@pytest.mark.rule("H11")
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


async def consulting(
    desk_phones: dict[str, Phone], outside: Phone, to: str = "102"
) -> tuple[OutgoingCall, IncomingCall, IncomingCall]:
    """101 has answered the caller and speaks with the colleague; the caller is on hold."""
    call, first = await answered_call(outside, desk_phones["101"])
    await first.send_digits(f"*2{to}#")
    colleague = await next_ring(desk_phones[to])
    await colleague.answer()
    await hear_each_other(first, colleague)
    return call, first, colleague


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, "refused"),
        (603, "refused"),
        (480, "no_answer"),
        (503, "no_answer"),
        (408, "no_answer"),
        (None, "no_answer"),
    ],
)
async def test_not_taken(desk: TestDesk, status: int | None, outcome: str) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await (colleague.ring() if status is None else colleague.reject(status))
        handoff = await desk.handoff(outcome)
        await hear_each_other(call, first)
        await first.hangup()
        await call.wait_ended()
    assert (handoff.within_limit, handoff.answered_at, handoff.completed_at) == (None, None, None)


async def test_colleague_hangs_up_in_the_consult(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first, colleague = await consulting(desk_phones, outside)
        await colleague.hangup()
        handoff = await desk.handoff("refused")
        await hear_each_other(call, first)
        await first.hangup()
        await call.wait_ended()
    assert handoff.answered_at is not None


async def test_unregistered_colleague(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2103#")
        await desk.handoff("no_answer")
        await hear_each_other(call, first)


async def test_refused_after_the_responder_left(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await first.hangup()
        await colleague.reject(603)
        await desk.handoff("refused")
        again = await next_ring(desk_phones["101"])
        await again.ring()
        await again.wait_ended(20)
        rang_s = again.times["ended"].monotonic - again.times["ringing"].monotonic
        assert rang_s == pytest.approx(15, abs=1)
        await hear(call, "no-answer", "record-prompt", "beep")
        await call.hangup()
        record = await desk.ended()
    assert record.outcome == "answered"
    assert [recording.ticket for recording in record.recordings] == [record.ticket]


async def test_caller_leaves_while_the_colleague_rings(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await call.hangup()
        await colleague.wait_ended()
        assert "cancel_received" in colleague.times
        await first.wait_ended()
        handoff = await desk.handoff("cancelled")
        record = await desk.ended()
    assert handoff.within_limit is None
    assert record.outcome == "answered"


async def test_unknown_extension_is_asked_for_three_times(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2")
        await hear(first, "handoff-extension")
        await first.send_digits("199#")
        await hear(first, "handoff-invalid")
        await first.send_digits("101#")
        await hear(first, "handoff-invalid")
        await first.send_digits("#")
        await hear_each_other(call, first)
        record = await desk.until(lambda call: True)
    assert record.handoffs == ()


async def test_second_try_is_right(desk: TestDesk) -> None:
    async with phones(desk, "101", "104") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2")
        await hear(first, "handoff-extension")
        await first.send_digits("8000#")
        await hear(first, "handoff-invalid")
        await first.send_digits("104")  # the manager, who is never rung by the line
        colleague = await next_ring(desk_phones["104"])
        await colleague.answer()
        await hear_each_other(first, colleague)
        await first.hangup()
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
    assert handoff.to.extension == "104"


async def test_handed_on_again(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first, second = await consulting(desk_phones, outside)
        await first.hangup()
        await desk.handoff("accepted")
        await hear_each_other(call, second)
        await second.send_digits("*2103#")
        third = await next_ring(desk_phones["103"])
        await third.answer()
        await hear_each_other(second, third)
        await second.hangup()
        await desk.until(lambda call: len(call.handoffs) == 2 and call.handoffs[1].outcome == "accepted")
        await hear_each_other(call, third)
        await third.hangup()
        await call.wait_ended()
        record = await desk.ended()
    assert [(one.from_.extension, one.to.extension) for one in record.handoffs] == [
        ("101", "102"),
        ("102", "103"),
    ]
    assert record.first_responder is not None
    assert record.first_responder.extension == "101"


async def test_other_keys_in_the_consult_mean_nothing(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first, colleague = await consulting(desk_phones, outside)
        for side in (first, colleague):
            await side.send_digits("*2103#*3103#*7*8#", tone_ms=60, gap_ms=40)
        await colleague.send_digits("*1")
        await hear_each_other(first, colleague)
        record = await desk.until(lambda call: True)
        assert [handoff.outcome for handoff in record.handoffs] == [None]
        assert record.recordings == ()
        await first.send_digits("*1")
        await hear_each_other(call, first)
        await desk.handoff("cancelled")


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
