"""The limit of H11 passes: what rings ends, who listens is let go, who talks is told and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pbx.desk import (
    TestDesk,
    answered_call,
    caller,
    hear_each_other,
    next_ring,
    phones,
    running_desk,
    tone,
)
from tests.pbx.prompts import hear, heard

pytestmark = pytest.mark.anyio

LIMIT_S = 5


@pytest.fixture(scope="module")
def quick_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    """A desk whose phones ring longer than a handoff may take."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(Path(folder), ring_timeout_s=30, handoff_limit_s=LIMIT_S) as running:
        yield running


async def test_unanswered_consult_ends(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.ring()
        await colleague.wait_ended()
        assert "cancel_received" in colleague.times
        handoff = await desk.handoff("timed_out")
        ended = colleague.times["cancel_received"].utc
        assert (ended - handoff.requested_at).total_seconds() == pytest.approx(LIMIT_S, abs=0.7)
        await hear_each_other(call, first)
    assert handoff.within_limit is None


async def test_unanswered_consult_ends_without_the_responder(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await first.hangup()
        await colleague.ring()
        await colleague.wait_ended()
        await desk.handoff("timed_out")
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(call, again)


async def test_answered_consult_goes_on(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear_each_other(first, colleague)
        await asyncio.gather(hear(first, "beep", "limit-reached"), hear(colleague, "beep", "limit-reached"))
        passed = datetime.now(UTC) - (await desk.until(lambda call: True)).handoffs[0].requested_at
        assert LIMIT_S - 0.2 < passed.total_seconds() < LIMIT_S + 3
        await hear_each_other(first, colleague)
        assert heard(first.received).count("limit-reached") == 1
        await first.hangup()
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
    assert handoff.completed_at is not None
    assert (handoff.completed_at - handoff.requested_at).total_seconds() > LIMIT_S
    assert handoff.within_limit is False


@pytest.mark.parametrize("answers", [True, False], ids=["listens", "rings"])
@pytest.mark.rule("H11")
async def test_recorded(desk: TestDesk, answers: bool) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*3")
        await hear(first, "handoff-extension")
        await first.send_digits("102#", tone_ms=80, gap_ms=60)
        await hear(first, "beep")
        await first.play_to_end(tone(420, 1.3))
        await first.hangup()
        colleague = await next_ring(desk_phones["102"])
        await (colleague.answer() if answers else colleague.ring())
        await colleague.wait_ended()
        handoff = await desk.handoff("timed_out")
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(call, again)
    assert (handoff.within_limit, handoff.completed_at) == (None, None)
    assert (handoff.answered_at is not None) == answers
