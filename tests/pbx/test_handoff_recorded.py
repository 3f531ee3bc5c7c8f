"""Recorded transfer (*3): rule H11; in every ending the caller has a person or a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.phone import Phone
from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, next_ring, phones, tone

pytestmark = pytest.mark.anyio

SPOKEN = tone(440, 2.0)


@dataclass
class Briefed:
    call: OutgoingCall
    first: IncomingCall


async def brief(desk_phones: dict[str, Phone], outside: Phone, *, to: str = "102") -> Briefed:
    """101 answers, presses *3, keys the colleague, waits for the beep."""
    call, first = await answered_call(outside, desk_phones["101"])
    await first.send_digits("*3")
    await first.wait_audio()
    await first.send_digits(f"{to}#")
    await first.wait_tone(1000)
    return Briefed(call, first)


@pytest.mark.rule("H11")
async def test_accepted(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(SPOKEN)
        await talk.first.send_digits("#")
        await talk.first.wait_ended()
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await colleague.wait_tone(440)
        await talk.call.wait_audio()  # music: the caller is not alone with silence
        await colleague.send_digits("1")
        handoff = await desk.handoff("accepted")
        await hear_each_other(talk.call, colleague)
        await colleague.hangup()
        await talk.call.wait_ended()
    record = await desk.until(lambda call: call.ended_at is not None)
    assert (handoff.mode, handoff.from_.extension, handoff.to.extension) == ("recorded", "101", "102")
    assert handoff.within_limit is True
    assert record.first_responder is not None
    assert (record.first_responder.extension, record.outcome) == ("101", "answered")
    assert handoff.briefing is not None
    assert (Path(desk.desk.settings.recordings) / handoff.briefing).stat().st_size > 16000


@pytest.mark.parametrize("how", ["key", "busy", "declined", "hangs up"])
async def test_refused_rings_back(desk: TestDesk, how: str) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(SPOKEN)
        await talk.first.hangup()  # while recording: what was spoken is the briefing
        colleague = await next_ring(desk_phones["102"])
        if how in ("busy", "declined"):
            await colleague.reject(486 if how == "busy" else 603)
        else:
            await colleague.answer()
            await colleague.wait_tone(440)
            await (colleague.send_digits("2") if how == "key" else colleague.hangup())
        handoff = await desk.handoff("refused")
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(talk.call, again)
        await again.hangup()
        await talk.call.wait_ended()
    assert handoff.within_limit is None


async def test_repeated_on_three(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(SPOKEN)
        await talk.first.hangup()
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await colleague.wait_tone(440)
        await colleague.wait_silence(0.1)
        await colleague.send_digits("3")
        await colleague.wait_tone(440)
        await colleague.send_digits("1")
        await desk.handoff("accepted")
        await hear_each_other(talk.call, colleague)


@pytest.mark.parametrize("status", [480, 503, 408, None])
async def test_no_answer_rings_back_then_records(desk: TestDesk, status: int | None) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(SPOKEN)
        await talk.first.hangup()
        colleague = await next_ring(desk_phones["102"])
        if status is None:
            await colleague.ring()
        else:
            await colleague.reject(status)
        await desk.handoff("no_answer")
        again = await next_ring(desk_phones["101"])
        await again.reject(486)
        await desk.until(lambda call: bool(call.recordings), 30)
        await talk.call.hangup()
        record = await desk.until(lambda call: bool(call.recordings and call.ended_at))
    assert record.recordings[0].ticket == record.ticket
    assert record.outcome == "answered"


async def test_under_a_second_is_no_briefing(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(tone(440, 0.4))
        await talk.first.hangup()
        await desk.handoff("cancelled")
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(talk.call, again)


async def test_unknown_extension_is_asked_for_three_times(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*3")
        for wrong in ("199#", "101#", "7#"):
            await first.wait_audio()
            await first.send_digits(wrong)
        await hear_each_other(call, first)
        record = await desk.until(lambda call: True)
    assert record.handoffs == ()


async def test_caller_leaves_while_the_colleague_listens(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.first.play_to_end(SPOKEN)
        await talk.first.hangup()
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await colleague.wait_tone(440)
        await talk.call.hangup()
        await colleague.wait_ended()
        await desk.handoff("cancelled")


async def test_caller_leaves_during_the_briefing(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        talk = await brief(desk_phones, outside)
        await talk.call.hangup()
        await talk.first.wait_ended()
        await desk.handoff("cancelled")
