"""Recorded transfer with a typed briefing, asked for in the console (H11); and what is heard before any briefing."""

from __future__ import annotations

import asyncio
import itertools
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from agi.live import now
from callcenter.domain.briefings import Refusal, TypedHandoff, spoken_form
from callcenter.runtime import spoken
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.phone import Phone
from callcenter.sound.samples import Samples, speech_dbfs
from callcenter.sound.wav import wav_bytes
from synthesis.pieces import pieces_of
from tests.pbx.desk import (
    TestDesk,
    answered_call,
    caller,
    hear_each_other,
    next_ring,
    phones,
    tone,
)
from tests.pbx.prompts import hear
from tests.pbx.test_handoff_recorded import brief

pytestmark = pytest.mark.anyio

TEXT = "热水三天没有了，已经报过一次修。请今天派人上门！"
HOSTILE = '<speak>热水</speak>"\nHANGUP\nSET VARIABLE X "1"\r\n\x00😀'
VOICES = Path(__file__).parents[1] / "voices"
_IDS = itertools.count(1)
CALLER_HZ, PIECE_HZ = 330, (440, 470, 410)


def asked(desk: TestDesk, *, by: str = "101", to: str = "102", text: str = TEXT) -> TypedHandoff:
    """A request as the console writes it."""
    return TypedHandoff(
        id=next(_IDS),
        linkedid=desk.only_call().linkedid,
        extension=by,
        to=to,
        text=text,
        language="zh",
        requested_at=now(),
    )


def say(desk: TestDesk, text: str, *, only: int | None = None) -> None:
    """What the worker writes: the pieces of a text, each a tone of its own; the first `only` of them."""
    settings = desk.desk.settings
    said = spoken_form(text)
    files = [spoken.piece_file(settings, piece, "tone", "zh") for piece in pieces_of(said)]
    spoken.write_plan(settings, said, "zh", files)
    for file, hz in list(zip(files, PIECE_HZ, strict=False))[:only]:
        sound = np.frombuffer(tone(hz, 0.6), "<i2") / 32768
        spoken.write(settings, file, wav_bytes(sound.astype(np.float32), 8000))


@asynccontextmanager
async def talk(
    desk: TestDesk, *extensions: str
) -> AsyncIterator[tuple[OutgoingCall, IncomingCall, dict[str, Phone]]]:
    """101 speaks with a caller."""
    async with phones(desk, "101", "102", *extensions) as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        yield call, first, desk_phones


@pytest.mark.rule("H11")
async def test_the_colleague_hears_who_calls_and_what_was_typed(desk: TestDesk) -> None:
    async with talk(desk) as (call, first, desk_phones):
        say(desk, TEXT)
        live = desk.only_call()
        who = np.frombuffer(tone(CALLER_HZ, 0.5), "<i2") / 32768
        spoken.write(
            desk.desk.settings,
            spoken.caller_file(desk.desk.settings, live.linkedid),
            wav_bytes(who.astype(np.float32), 8000),
        )
        request = asked(desk)
        assert await asyncio.to_thread(desk.typed.decide, request) == 1
        await hear(first, "handed-over")
        await first.wait_ended()
        colleague = await next_ring(desk_phones["102"])
        await call.wait_audio()  # music
        await colleague.answer()
        await hear(colleague, "hear-intro")
        await colleague.wait_tone(CALLER_HZ)
        await colleague.wait_tone(PIECE_HZ[0])
        await colleague.wait_tone(PIECE_HZ[1])
        await hear(colleague, "hear-menu")
        await colleague.send_digits("3")
        await colleague.wait_tone(PIECE_HZ[0])
        await colleague.send_digits("1")
        handoff = await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        assert desk.typed.decide(request) == 1, "asked again it answers the same"
        # who has the caller now may hand them back in the same way
        assert desk.typed.decide(asked(desk, by="101", to="102")) is Refusal.NOT_HOLDER
        assert await asyncio.to_thread(desk.typed.decide, asked(desk, by="102", to="101")) == 2
        back = await next_ring(desk_phones["101"])
        await back.answer()
        await back.wait_tone(PIECE_HZ[0])
        await back.send_digits("1")
        await hear_each_other(call, back)
        await call.hangup()
    record = await desk.ended()
    assert (handoff.mode, handoff.from_.extension, handoff.to.extension) == ("recorded", "101", "102")
    assert handoff.within_limit is True
    assert [each.outcome for each in record.handoffs] == ["accepted", "accepted"]
    assert record.first_responder is not None
    assert record.first_responder.extension == "101"


@pytest.mark.parametrize("said", [None, 1, 0])
async def test_without_a_voice_in_time_the_number_and_the_screen(desk: TestDesk, said: int | None) -> None:
    text = f"{TEXT}第{said}回。"
    async with talk(desk) as (call, _, desk_phones):
        if said is not None:
            say(desk, text, only=said)
        assert await asyncio.to_thread(desk.typed.decide, asked(desk, text=text)) == 1
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        if said:
            await colleague.wait_tone(PIECE_HZ[0])
        number = desk.only_call().call
        assert number is not None
        digits = ["dash" if sign == "-" else f"digit-{sign}" for sign in (number.ticket or "")]
        await hear(colleague, "ticket-is", *digits[:3])
        await hear(colleague, "hear-screen", "hear-menu")
        await colleague.send_digits("1")
        await desk.handoff("accepted")
        await hear_each_other(call, colleague)


@pytest.mark.parametrize("text", [HOSTILE, "😀🙂", "热" * 500])
async def test_odd_texts_harm_nobody(desk: TestDesk, text: str) -> None:
    async with talk(desk) as (call, _, desk_phones):
        assert await asyncio.to_thread(desk.typed.decide, asked(desk, text=text)) == 1
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear(colleague, "hear-screen", "hear-menu", timeout_s=20)
        await colleague.send_digits("1")
        await desk.handoff("accepted")
        await hear_each_other(call, colleague)


@pytest.mark.parametrize("how", ["refused", "no_answer"])
async def test_failing_it_comes_back_and_then_to_the_recording(desk: TestDesk, how: str) -> None:
    async with talk(desk) as (call, first, desk_phones):
        say(desk, TEXT)
        request = asked(desk)
        assert await asyncio.to_thread(desk.typed.decide, request) == 1
        colleague = await next_ring(desk_phones["102"])
        assert desk.typed.decide(asked(desk)) is Refusal.BUSY
        if how == "refused":
            await colleague.answer()
            await colleague.wait_tone(PIECE_HZ[0])
            await colleague.send_digits("2")
        else:
            await colleague.reject(480)
        await desk.handoff(how)
        await first.wait_ended()
        again = await next_ring(desk_phones["101"])
        assert desk.typed.decide(asked(desk)) is Refusal.BUSY, "the caller is not with anybody yet"
        if how == "refused":
            await again.answer()
            await hear_each_other(call, again)
            assert await asyncio.to_thread(desk.typed.decide, asked(desk, to="103")) == 2
            await desk.handoff("no_answer")  # 103 has no phone
            third = await next_ring(desk_phones["101"])
            await third.answer()
            await hear_each_other(call, third)
        else:
            await again.reject(486)
            await desk.until(lambda record: bool(record.recordings), 30)
            assert desk.typed.decide(asked(desk)) is Refusal.BUSY
        await call.hangup()
    await desk.ended()


async def test_the_caller_hangs_up_meanwhile(desk: TestDesk) -> None:
    async with talk(desk) as (call, _, desk_phones):
        say(desk, TEXT)
        assert await asyncio.to_thread(desk.typed.decide, asked(desk)) == 1
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await colleague.wait_tone(PIECE_HZ[0])
        await call.hangup()
        await colleague.wait_ended()
        await desk.handoff("cancelled")
        await desk.ended()
        assert desk.typed.decide(asked(desk)) is Refusal.GONE


async def test_a_key_of_the_phone_and_the_console_are_decided_once(desk: TestDesk) -> None:
    async with talk(desk) as (call, first, desk_phones):
        await first.send_digits("*3")
        await hear(first, "handoff-extension")
        assert desk.typed.decide(asked(desk)) is Refusal.BUSY
        await first.send_digits("102#")
        await first.wait_tone(1000)
        await first.play_to_end(tone(440, 1.5))
        await first.hangup()
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await colleague.wait_tone(440)
        await colleague.send_digits("1")
        await desk.handoff("accepted")
        await hear_each_other(call, colleague)
        record = await desk.until(lambda record: True)
        assert len(record.handoffs) == 1


@pytest.mark.parametrize("to", ["101", "199"])
async def test_nobody_to_hand_to(desk: TestDesk, to: str) -> None:
    async with talk(desk) as (call, first, _):
        assert desk.typed.decide(asked(desk, to=to)) is Refusal.NOBODY
        assert desk.typed.decide(asked(desk, by="102", to="103")) is Refusal.NOT_HOLDER
        await hear_each_other(call, first)


def quiet_voice(gain_db: float) -> bytes:
    """A spoken briefing, PCM16 at 8 kHz."""
    with wave.open(str(VOICES / "zh-briefing-01.wav")) as file:
        step = file.getframerate() // 8000
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::step]
    return (samples * 10 ** (gain_db / 20)).astype("<i2").tobytes()


async def test_a_quiet_briefing_arrives_at_the_level_of_speech(desk: TestDesk) -> None:
    words = quiet_voice(-20)
    before = np.frombuffer(words, "<i2") / 32768
    assert speech_dbfs(before.astype(np.float32), 8000) < -35
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        briefed = await brief(desk_phones, outside)
        await briefed.first.play_to_end(words)
        await briefed.first.send_digits("#")
        await briefed.first.wait_ended()
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear(colleague, "hear-intro")
        began = len(colleague.received)
        await hear(colleague, "hear-menu", timeout_s=20)
        heard = colleague.received[began:]
        await colleague.send_digits("1")
        await desk.handoff("accepted")
    samples: Samples = (np.frombuffer(heard, "<i2") / 32768).astype(np.float32)
    samples = samples[2000:-5000]  # without what remains of the prompts' tones around it
    assert speech_dbfs(samples, 8000) == pytest.approx(-20, abs=1.5)
