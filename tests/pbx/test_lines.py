"""Who rings, who answers, how long it took, and where a caller goes whom nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from callcenter.domain.calls import Kind
from callcenter.softphone import sdp
from callcenter.softphone.errors import CallFailed
from callcenter.softphone.phone import Phone
from tests.pbx.desk import (
    TestDesk,
    answered_call,
    caller,
    hear_each_other,
    next_ring,
    password,
    phones,
    tone,
)
from tests.pbx.prompts import hear
from tests.polling import until_async

pytestmark = pytest.mark.anyio

CLOSE_MS = 20
"""How far the desk's figures may lie from what the phones saw."""
AT_ONCE_S = 0.5


@asynccontextmanager
async def at_work(desk: TestDesk, extension: str) -> AsyncIterator[Phone]:
    """A registered phone in a call with another caller."""
    async with phones(desk, extension) as desk_phones, caller(desk, "13900000000") as other:
        await answered_call(other, desk_phones[extension])
        yield desk_phones[extension]


@pytest.mark.rule("H2")
async def test_answers_at_once_and_rings_everyone_on_duty(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103", "104") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        await call.wait_answered()
        assert call.times["answered"].monotonic - call.times["invite_sent"].monotonic < AT_ONCE_S
        rung = [await desk_phones[extension].next_call() for extension in ("101", "102", "103")]
        assert len({one.invite.get("X-Shouwen-Leg") for one in rung}) == 3
        await call.hangup()
        for one in rung:
            await one.wait_ended()
        record = await desk.ended()
        assert not desk_phones["104"].calls
    assert (record.line, record.caller, record.caller_name) == ("8000", "13800138000", "王小明")
    assert (record.outcome, record.ticket, record.answered_at) == ("abandoned", None, None)


@pytest.mark.rule("H10")
async def test_figures_are_what_the_phones_saw(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        one, two = [await desk_phones[extension].next_call() for extension in ("101", "102")]
        await two.ring()
        await call.wait_answered()
        await asyncio.wait_for(call.wait_audio(), 5)
        await one.ring()
        await one.answer()
        await two.wait_ended()
        await one.wait_silence(0.5)
        spoke = one.media.mouth.play(tone(500, 0.4))
        started = asyncio.get_running_loop().time()
        await spoke
        record = await desk.until(lambda call: call.greeting_ms is not None)
        await call.hangup()
    answered = one.times["answered"].monotonic
    assert record.answer_ms == pytest.approx(1000 * (answered - two.times["ringing"].monotonic), abs=CLOSE_MS)
    wait_ms = 1000 * (answered - call.times["invite_sent"].monotonic)
    assert record.wait_ms == pytest.approx(wait_ms, abs=2 * CLOSE_MS)
    assert record.greeting_ms == pytest.approx(1000 * (started - answered), abs=150)
    assert record.disagreements == ()


async def test_progress_is_ringing_and_is_never_reset(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring(183)
        first = await desk.until(lambda call: call.rang_at is not None)
        await incoming.ring(180)
        await incoming.reject(480)
        again = await next_ring(desk_phones["101"])
        await again.ring(180)
        await again.answer()
        record = await desk.until(lambda call: call.answered_at is not None)
        await call.hangup()
    assert record.rang_at == first.rang_at
    truth = again.times["answered"].monotonic - incoming.times["ringing"].monotonic
    assert record.answer_ms == pytest.approx(1000 * truth, abs=CLOSE_MS)


async def test_an_answer_is_seen_on_the_wire_and_told_by_asterisk(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call, answered = await answered_call(outside, desk_phones["101"])
        live = desk.only_call()

        def told() -> list[datetime]:
            return [event.at for event in live.events if event.kind is Kind.LEG_UP]

        await until_async(lambda: len(told()) == 2, 5, "both words of the answer")
        assert live.call is not None
        assert live.call.answered_at == min(told())
        await call.hangup()
        await answered.wait_ended()


async def test_answered_without_ringing(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        await (await desk_phones["101"].next_call()).answer()
        await desk.until(lambda call: call.answered_at is not None)
        await call.hangup()
        record = await desk.ended()
    assert (record.rang_at, record.answer_ms) == (record.answered_at, 0)
    assert (record.greeting_ms, record.outcome) == (None, "answered")  # nobody spoke
    assert record.ticket is not None


@pytest.mark.rule("H2")
async def test_two_answer_at_the_same_instant(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        rung = {extension: await phone.next_call() for extension, phone in desk_phones.items()}
        for one in rung.values():
            one.ring_now()
        rung["101"].answer_now()
        rung["102"].answer_now()
        record = await desk.until(lambda call: call.first_responder is not None)
        assert record.first_responder is not None
        owner = record.first_responder.extension
        loser = {"101": "102", "102": "101"}[owner]
        await rung["103"].wait_ended()
        await rung[loser].wait_ended()
        await hear_each_other(call, rung[owner])
        assert "cancel_received" in rung["103"].times
        await call.hangup()
        record = await desk.ended()
    live = desk.live()
    assert live is not None
    assert sum(event.kind == "answered" for event in live.events) == 1
    assert record.first_responder is not None
    assert record.first_responder.extension == owner
    truth = rung[owner].times["answered"].monotonic - rung["101"].times["ringing"].monotonic
    assert record.answer_ms == pytest.approx(1000 * truth, abs=CLOSE_MS)
    assert record.disagreements == ()


# Asterisk 22 hands AGI what stood between the quotes, escapes and all, and cuts it at 79 bytes.
HOSTILE_NAMES = [
    ('O\'Hara "the boss" \\', 'O\'Hara \\"the boss\\" \\\\'),
    ("a\\nSET VARIABLE x y", "a\\\\nSET VARIABLE x y"),
    ("王\udcff\udcfe明", "王\ufffd\ufffd明"),
    ("名" * 300, "名" * 26),
    ("x" * 300, "x" * 79),
    ("unknown", None),
    ("", None),
    (None, None),
    ("${SHELL(id)}", "${SHELL(id)}"),
    ("'; DROP TABLE call; --", "'; DROP TABLE call; --"),
]


@pytest.mark.parametrize(("sent", "kept"), HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
async def test_names(desk: TestDesk, sent: str | None, kept: str | None) -> None:
    async with caller(desk, name=sent) as outside:
        call = await outside.dial("8001")
        await call.wait_answered()
        record = await desk.until(lambda call: True)
        await call.hangup()
        await desk.ended()
    assert record.caller_name == kept
    assert record.caller == "13800138000"


@pytest.mark.parametrize("number", ["anonymous", "unknown", "Anonymous"])
async def test_withheld_number(desk: TestDesk, number: str) -> None:
    async with caller(desk, number, name=None) as outside:
        call = await outside.dial("8001")
        await call.wait_answered()
        record = await desk.until(lambda call: True)
        await call.hangup()
        await desk.ended()
    assert record.caller is None


@pytest.mark.parametrize("codec", [sdp.PCMU, sdp.PCMA])
async def test_codecs(desk: TestDesk, codec: int) -> None:
    async with (
        await Phone.open(server=desk.sip, user="13800138000", codecs=(codec,)) as outside,
        await Phone.open(
            server=desk.sip, user="101", password=password("101"), codecs=(sdp.PCMA + sdp.PCMU - codec,)
        ) as desk_phone,
    ):
        await desk_phone.register()
        call, incoming = await answered_call(outside, desk_phone)
        assert call.media.mouth.codec != incoming.media.mouth.codec
        await call.hangup()
        await desk.ended()


@pytest.mark.parametrize(("until", "outcome"), [("closed", "closed"), ("beep", "callback")])
async def test_closed_line(desk: TestDesk, until: str, outcome: str) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8001")
        await hear(call, until)
        await call.hangup()
        record = await desk.ended()
        assert not desk_phones["101"].calls
    assert (record.line, record.outcome, record.rang_at) == ("8001", outcome, None)
    assert (record.ticket is not None) == (outcome == "callback")


@pytest.mark.parametrize(("until", "outcome"), [("no-answer", "abandoned"), ("beep", "callback")])
async def test_nobody_registered(desk: TestDesk, until: str, outcome: str) -> None:
    async with caller(desk) as outside:
        call = await outside.dial("8000")
        await hear(call, until, timeout_s=3)
        await call.hangup()
        record = await desk.ended()
    assert (record.outcome, record.rang_at) == (outcome, None)


@pytest.mark.parametrize(("until", "outcome"), [("no-answer", "no_answer"), ("beep", "callback")])
async def test_nobody_answers(desk: TestDesk, until: str, outcome: str) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring()
        await hear(call, until)
        await incoming.wait_ended()
        waited = incoming.times["ended"].monotonic - incoming.times["invite_received"].monotonic
        assert waited == pytest.approx(desk.desk.settings.ring_timeout_s, abs=1)
        await call.hangup()
        record = await desk.ended()
    assert (record.outcome, record.first_responder) == (outcome, None)


@pytest.mark.parametrize(("until", "outcome"), [("pressed-1", "abandoned"), ("beep", "callback")])
async def test_one_leaves_while_phones_ring(desk: TestDesk, until: str, outcome: str) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring()
        await call.wait_audio()
        await call.send_digits("1")
        await hear(call, until)
        await incoming.wait_ended()
        assert "cancel_received" in incoming.times
        await call.hangup()
        record = await desk.ended()
    assert record.outcome == outcome


async def test_one_in_the_welcome_leaves_before_any_phone_rings(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        await call.wait_audio()
        await call.send_digits("1")
        await hear(call, "pressed-1", "beep")
        assert not desk_phones["101"].calls
        await call.hangup()
        record = await desk.ended()
    assert (record.outcome, record.rang_at) == ("callback", None)


async def test_other_keys_do_not_leave(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring()
        await call.wait_audio()
        await call.send_digits("#*20")
        await incoming.answer()
        await hear_each_other(call, incoming)


async def test_a_phone_in_use_is_not_rung(desk: TestDesk) -> None:
    async with at_work(desk, "101") as busy, phones(desk, "102") as free, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await free["102"].next_call()
        await incoming.answer()
        await hear_each_other(call, incoming)
        assert len(busy.calls) == 1


async def test_all_in_use_the_caller_waits_and_is_rung(desk: TestDesk) -> None:
    async with at_work(desk, "101") as busy, caller(desk) as outside:
        call = await outside.dial("8000")
        await hear(call, "wait-press-1")
        (talk,) = busy.calls.values()
        await talk.hangup()
        incoming = await busy.next_call(2)  # a waiting caller is looked at once a second
        await incoming.answer()
        await hear_each_other(call, incoming)
        await call.hangup()
        record = await desk.ended(number="13800138000")
    assert record.outcome == "answered"


async def test_all_in_use_one_leaves(desk: TestDesk) -> None:
    async with at_work(desk, "101"), caller(desk) as outside:
        call = await outside.dial("8000")
        await hear(call, "wait-press-1")
        await call.send_digits("1")
        await hear(call, "pressed-1", "beep")
        await call.hangup()
        record = await desk.ended(number="13800138000")
    assert (record.outcome, record.rang_at) == ("callback", None)


async def test_all_in_use_for_too_long(desk: TestDesk) -> None:
    async with at_work(desk, "101"), caller(desk) as outside:
        call = await outside.dial("8000")
        await hear(call, "wait-press-1", "no-answer", "record-prompt")
        await call.hangup()
        record = await desk.ended(number="13800138000")
    assert (record.outcome, record.rang_at) == ("no_answer", None)


async def test_abandoned_while_it_rings(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring()
        await desk.until(lambda call: call.rang_at is not None)
        await call.hangup()
        await incoming.wait_ended()
        record = await desk.ended()
    assert (record.outcome, record.answer_ms, record.wait_ms) == ("abandoned", None, None)


async def test_off_the_line_is_refused(desk: TestDesk) -> None:
    async with caller(desk) as outside:
        call = await outside.dial("8009")
        with pytest.raises(CallFailed) as refused:
            await call.wait_answered()
    assert refused.value.status == 404
