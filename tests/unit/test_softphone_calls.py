"""Two phones that call each other over loopback: no server, real packets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callcenter.softphone import Call, CallFailed, CallOver, IncomingCall, Phone, WaitTimeout, tone


@asynccontextmanager
async def two_phones() -> AsyncIterator[tuple[Phone, Phone]]:
    """Ann's server is Ben's phone and the other way round."""
    ann = await Phone.open(server=("127.0.0.1", 9), user="ann", display_name="Ann")
    ben = await Phone.open(server=ann.address, user="ben")
    ann.server = ben.address
    async with ann, ben:
        yield ann, ben


async def connect(ann: Phone, ben: Phone) -> tuple[Call, IncomingCall]:
    call = await ann.dial("ben")
    incoming = await ben.next_call(timeout_s=2)
    await incoming.answer()
    await call.wait_answered(timeout_s=2)
    return call, incoming


def test_a_call_rings_is_answered_and_hung_up_by_the_caller() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call = await ann.dial("ben", display_name='A "quoted" \\ name')
            incoming = await ben.next_call(timeout_s=2)
            await incoming.ring()
            await call.wait_ringing(timeout_s=2)
            await incoming.answer()
            await call.wait_answered(timeout_s=2)
            assert incoming.caller.display == 'A "quoted" \\ name'
            assert incoming.caller.user == "ann"
            await call.hangup()
            await incoming.wait_ended(timeout_s=2)
            assert [status for status, _ in call.status_history] == [100, 180, 200]
            order = ["invite_sent", "trying", "ringing", "answered", "ack", "bye_sent", "ended"]
            assert [name for name, _ in sorted(call.times.items(), key=lambda item: item[1])] == order
            assert "bye_received" in incoming.times
            assert "ack" in incoming.times
            assert not ann.calls
            assert not ben.calls

    asyncio.run(scenario())


def test_audio_and_digits_go_both_ways() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call, incoming = await connect(ann, ben)
            call.play(tone(1000, 0.3))
            incoming.play(tone(440, 0.3))
            await asyncio.gather(incoming.wait_tone(1000, 2), call.wait_tone(440, 2))
            await call.send_digits("*3#", tone_ms=60, gap_ms=60)
            assert await incoming.wait_digits(3, 2) == "*3#"
            await incoming.send_digits("10", tone_ms=40, gap_ms=40)
            assert await call.wait_digits(2, 2) == "10"
            await incoming.wait_silence(0.1, timeout_s=2)
            with pytest.raises(WaitTimeout):
                await incoming.wait_audio(timeout_s=0.05)
            assert len(incoming.received) > 2 * 8000 * 0.3

    asyncio.run(scenario())


def test_the_called_phone_hangs_up_and_who_waits_for_audio_hears_of_it() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call, incoming = await connect(ann, ben)
            waiting = asyncio.create_task(call.wait_audio(timeout_s=5))
            await asyncio.sleep(0)
            await incoming.hangup()
            with pytest.raises(CallOver):
                await waiting
            assert call.is_ended
            assert "bye_received" in call.times

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [486, 480, 603])
def test_a_refusal_carries_its_status(status: int) -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call = await ann.dial("ben")
            await (await ben.next_call(timeout_s=2)).reject(status)
            with pytest.raises(CallFailed) as caught:
                await call.wait_answered(timeout_s=2)
            assert caught.value.status == status

    asyncio.run(scenario())


def test_hanging_up_before_the_answer_cancels() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call = await ann.dial("ben")
            incoming = await ben.next_call(timeout_s=2)
            await incoming.ring()
            await call.wait_ringing(timeout_s=2)
            await call.hangup()
            await incoming.wait_ended(timeout_s=2)
            assert "cancel_received" in incoming.times
            assert [status for status, _ in call.status_history] == [100, 180, 487]
            with pytest.raises(CallFailed):
                await call.wait_answered(timeout_s=1)

    asyncio.run(scenario())


def test_hold_mutes_the_held_side_and_unhold_brings_it_back() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call, incoming = await connect(ann, ben)
            await call.hold()
            assert incoming.media.direction == "recvonly"
            assert incoming.media.mouth.muted
            await call.unhold()
            assert not incoming.media.mouth.muted
            incoming.play(tone(1000, 0.2))
            await call.wait_tone(1000, 2)

    asyncio.run(scenario())


def test_refer_is_followed_by_its_notifications() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            call, incoming = await connect(ann, ben)
            asked = asyncio.create_task(call.refer("carl", timeout_s=2))
            while incoming.transfer.refer_to is None:
                await asyncio.sleep(0)
            await incoming.transfer.notify(incoming, 100, "Trying")
            await incoming.transfer.notify(incoming, 486, "Busy Here")
            assert await asked == 486
            assert "sip:carl@" in (incoming.transfer.refer_to or "")

    asyncio.run(scenario())


def test_two_calls_at_once_on_one_phone_stay_apart() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            first, first_in = await connect(ann, ben)
            second, second_in = await connect(ann, ben)
            await asyncio.gather(first.send_digits("1"), second.send_digits("2"))
            assert (await first_in.wait_digits(1, 2), await second_in.wait_digits(1, 2)) == ("1", "2")
            await first.hangup()
            assert second.is_answered
            assert second_in.is_answered

    asyncio.run(scenario())


def test_an_attended_transfer_names_the_other_call_as_its_far_end_sees_it() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, ben):
            first, first_in = await connect(ann, ben)
            second, second_in = await connect(ann, ben)
            asked = asyncio.create_task(first.refer_replaces(second, timeout_s=2))
            while first_in.transfer.refer_to is None:
                await asyncio.sleep(0)
            await first_in.transfer.notify(first_in, 200, "OK")
            assert await asked == 200
            refer_to = first_in.transfer.refer_to
            assert f"to-tag%3D{second_in.dialog.local_tag}" in refer_to
            assert f"from-tag%3D{second_in.dialog.remote_tag}" in refer_to

    asyncio.run(scenario())


def test_raw_bytes_out_and_in() -> None:
    async def scenario() -> None:
        async with two_phones() as (ann, _ben):
            ann.send_raw(b"\xff\x00 nonsense")
            ann.send_raw(
                b"OPTIONS sip:x SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nf: <sip:a@b>;tag=1\r\n"
                b"t: <sip:x>\r\ni: raw\r\nCSeq: 1 OPTIONS\r\n\r\n"
            )
            assert (await ann.next_raw(timeout_s=2)).startswith(b"SIP/2.0 200 OK\r\n")

    asyncio.run(scenario())


def test_many_phones_in_one_process() -> None:
    async def scenario() -> None:
        callers = [await Phone.open(server=("127.0.0.1", 9), user=f"c{number}") for number in range(30)]
        async with await Phone.open(server=("127.0.0.1", 9), user="desk", silent=True) as desk:
            desk.on_invite = lambda incoming: incoming.answer_now()
            for caller in callers:
                caller.server = desk.address
            calls = [await caller.dial("desk") for caller in callers]
            await asyncio.gather(*(call.wait_answered(5) for call in calls))
            assert len(desk.calls) == len(callers)
            await asyncio.gather(*(caller.close() for caller in callers))
            assert not desk.calls

    asyncio.run(scenario())
