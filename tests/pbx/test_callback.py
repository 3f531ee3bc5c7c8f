"""The callback recording (H30): every branch of the dialogue; whoever leaves after the beep has a ticket."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from callcenter.domain.calls import Recording
from callcenter.softphone.audio import tone_share
from callcenter.softphone.outgoing import OutgoingCall
from tests.pbx.desk import TestDesk, answered_call, caller, phones, tone
from tests.pbx.prompts import hear, heard

pytestmark = pytest.mark.anyio

OWN = "95555"
SPOKEN_HZ, AGAIN_HZ, BEEP_HZ = 420, 460, 1000
Steps = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the last recording says."""

    phone: str | None = OWN
    keyed: bool = False
    wished: str | None = None
    confirmed: bool = True
    recordings: int = 1


RIGHT = ("number-is", "1")
ANOTHER = ("number-is", "2")
NO_WISH = ("wished", "0")
CONFIRM = ("playback-intro", "1")
REST: Steps = (NO_WISH, CONFIRM)

DIALOGUES: dict[str, tuple[Steps, Kept]] = {
    "right": ((RIGHT, *REST), Kept()),
    "today": ((RIGHT, ("wished", "1"), CONFIRM), Kept(wished="today")),
    "tomorrow": ((RIGHT, ("wished", "2"), CONFIRM), Kept(wished="tomorrow")),
    "this week": ((RIGHT, ("wished", "3"), CONFIRM), Kept(wished="this_week")),
    "another number": (
        (ANOTHER, ("number-key", "0201234#"), ("number-is", "1"), *REST),
        Kept(phone="0201234", keyed=True),
    ),
    "second number": (
        (ANOTHER, ("number-key", "5551#"), ANOTHER, ("number-key", "5552#"), RIGHT, *REST),
        Kept(phone="5552", keyed=True),
    ),
    "refused twice": (
        (ANOTHER, ("number-key", "5551#"), ANOTHER, ("number-key", "5552#"), ANOTHER, *REST),
        Kept(),
    ),
    "too short": ((ANOTHER, ("number-key", "12#"), ("number-too-short", ""), *REST), Kept()),
    "three digits": ((ANOTHER, ("number-key", "120#"), RIGHT, *REST), Kept(phone="120", keyed=True)),
    "no digits": ((ANOTHER, ("number-key", "#"), ("number-too-short", ""), *REST), Kept()),
    "fifteen digits": (
        (ANOTHER, ("number-key", "123456789012345#"), RIGHT, *REST),
        Kept(phone="123456789012345", keyed=True),
    ),
    "sixteen digits": (
        (ANOTHER, ("number-key", "1234567890123456#"), ("number-too-short", ""), *REST),
        Kept(),
    ),
    "a star": ((ANOTHER, ("number-key", "12*34#"), ("number-too-short", ""), *REST), Kept()),
    "wrong key": ((("number-is", "7"), ("wrong-key", ""), RIGHT, *REST), Kept()),
    "wrong keys": (
        (
            ("number-is", "7"),
            ("wrong-key", "8"),
            ("wrong-key", "9"),
            ("wished", "#"),
            ("wrong-key", "2"),
            CONFIRM,
        ),
        Kept(wished="tomorrow"),
    ),
}

WITHHELD: dict[str, tuple[Steps, Kept]] = {
    "none keyed": ((("number-withheld", "#"), ("number-too-short", ""), *REST), Kept(phone=None)),
    "keyed": ((("number-withheld", "5551#"), RIGHT, *REST), Kept(phone="5551", keyed=True)),
    "refused twice": (
        (("number-withheld", "5551#"), ANOTHER, ("number-withheld", "5552#"), ANOTHER, *REST),
        Kept(phone=None),
    ),
}

HANGS_UP: dict[str, tuple[Steps, str, Kept]] = {
    "number read": ((), "number-is", Kept(confirmed=False)),
    "while keying": ((ANOTHER,), "number-key", Kept(confirmed=False)),
    "keyed and read": (
        (ANOTHER, ("number-key", "5551#")),
        "number-is",
        Kept(phone="5551", keyed=True, confirmed=False),
    ),
    "wish": ((RIGHT,), "wished", Kept(confirmed=False)),
    "message played": ((RIGHT, ("wished", "2")), "playback-intro", Kept(wished="tomorrow", confirmed=False)),
    "asked again": ((RIGHT, NO_WISH, ("playback-intro", "2")), "record-prompt", Kept(confirmed=False)),
    "second beep": ((RIGHT, NO_WISH, ("playback-intro", "2")), "beep", Kept(confirmed=False, recordings=2)),
    "number of the ticket": ((RIGHT, *REST), "ticket-is", Kept()),
}


async def leave_message(call: OutgoingCall, hz: int = SPOKEN_HZ) -> None:
    """Wait for the beep, speak, press `#`: Asterisk cuts off the 200 ms before it."""
    await hear(call, "beep")
    await call.wait_silence(0.1)
    await call.play_to_end(tone(hz, 0.5) + bytes(2 * 2000))
    await call.send_digits("#")


async def talk(call: OutgoingCall, steps: Steps) -> None:
    """Hear each prompt and press the keys over it."""
    for prompt, keys in steps:
        await hear(call, prompt)
        await call.send_digits(keys, tone_ms=80, gap_ms=60)


async def kept(desk: TestDesk) -> tuple[Recording, Kept]:
    """The last recording once the caller has gone."""
    record = await desk.ended()
    assert record.outcome == "callback"
    last = record.recordings[-1]
    assert last.ticket == record.ticket is not None
    assert last.ended_at is not None
    return last, Kept(
        phone=last.phone,
        keyed=last.phone_keyed,
        wished=last.wished_reply,
        confirmed=last.confirmed,
        recordings=len(record.recordings),
    )


def samples(desk: TestDesk, recording: Recording) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """The recording's sound."""
    with wave.open(str(Path(desk.desk.settings.recordings) / recording.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def seconds_of(sound: np.ndarray[tuple[int], np.dtype[np.int16]], hz: int) -> float:
    """How long a pure tone is in it."""
    blocks = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    pure = [np.abs(block).max() > 500 and tone_share(block, hz) > 0.7 for block in blocks]
    return 0.02 * sum(map(bool, pure))


@pytest.mark.parametrize("name", DIALOGUES)
@pytest.mark.rule("H30")
async def test_dialogue(desk: TestDesk, name: str) -> None:
    steps, expected = DIALOGUES[name]
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, steps)
        await hear(call, "ticket-is")
        await call.hangup()
        assert (await kept(desk))[1] == expected


@pytest.mark.parametrize("name", WITHHELD)
async def test_withheld(desk: TestDesk, name: str) -> None:
    steps, expected = WITHHELD[name]
    async with caller(desk, "anonymous") as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, steps)
        await hear(call, "ticket-is")
        await call.hangup()
        assert (await kept(desk))[1] == expected


@pytest.mark.parametrize("shown", ["alice", "1234567890123456", "12"])
async def test_a_number_that_cannot_be_dialled_is_kept_unless_another_is_keyed(
    desk: TestDesk, shown: str
) -> None:
    async with caller(desk, shown) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, (("number-withheld", "#"), *REST))
        await hear(call, "ticket-is")
        await call.hangup()
        assert (await kept(desk))[1].phone == shown


@pytest.mark.parametrize("name", HANGS_UP)
async def test_hangs_up(desk: TestDesk, name: str) -> None:
    steps, until, expected = HANGS_UP[name]
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, steps)
        await hear(call, until)
        await call.hangup()
        assert (await kept(desk))[1] == expected


async def test_hangs_up_while_speaking(desk: TestDesk) -> None:
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await hear(call, "beep")
        await call.wait_silence(0.1)
        await call.play_to_end(tone(SPOKEN_HZ, 0.5))
        await call.hangup()
        recording, said = await kept(desk)
    assert said == Kept(confirmed=False)
    assert seconds_of(samples(desk, recording), SPOKEN_HZ) >= 0.4


async def test_number_of_the_ticket_is_read_twice_then_we_hang_up(desk: TestDesk) -> None:
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, (RIGHT, *REST))
        await call.wait_ended(20)
        assert "bye_received" in call.times
        recording, said = await kept(desk)
    number = ["dash" if char == "-" else f"digit-{char}" for char in recording.ticket]
    said_last = heard(call.received)[-2 * len(number) - 3 :]
    assert said_last == ["ticket-is", *number, "ticket-again", *number, "goodbye"]
    assert said == Kept()
    sound = samples(desk, recording)
    assert seconds_of(sound, SPOKEN_HZ) == pytest.approx(0.5, abs=0.1)
    assert seconds_of(sound, BEEP_HZ) == 0
    assert recording.seconds == pytest.approx(len(sound) / 8000, abs=0.02)


@pytest.mark.rule("H30")
async def test_number_is_read_digit_by_digit(desk: TestDesk) -> None:
    async with caller(desk, "+8613902") as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await hear(call, "number-confirm")
        said = heard(call.received)
        await call.hangup()
    digits = [f"digit-{char}" for char in "8613902"]
    assert said[-len(digits) - 2 :] == ["number-is", *digits, "number-confirm"]


async def test_message_is_recorded_again(desk: TestDesk) -> None:
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, (RIGHT, NO_WISH))
        await hear(call, "playback-intro")
        await call.wait_tone(SPOKEN_HZ)
        await call.send_digits("2")
        await hear(call, "record-prompt")
        await leave_message(call, AGAIN_HZ)
        await hear(call, "playback-intro")
        await call.wait_tone(AGAIN_HZ)
        await hear(call, "confirm")
        await call.send_digits("1")
        await hear(call, "ticket-is")
        await call.hangup()
        recording, said = await kept(desk)
    assert said == Kept(recordings=2)
    sound = samples(desk, recording)
    assert seconds_of(sound, AGAIN_HZ) >= 0.4
    assert seconds_of(sound, SPOKEN_HZ) < 0.1


async def test_keys_interrupt_prompts(desk: TestDesk) -> None:
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await hear(call, "closed")
        await call.send_digits("5")
        await leave_message(call)
        await talk(call, (RIGHT,))
        await hear(call, "wished")  # a tone of 1.5 s
        interrupted = asyncio.get_running_loop().time()
        await call.send_digits("1")
        await hear(call, "playback-intro")
        assert asyncio.get_running_loop().time() - interrupted < 1.2
        await call.hangup()


async def test_silence_ends_the_message_and_a_question(desk: TestDesk) -> None:
    clock = asyncio.get_running_loop().time
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await hear(call, "beep")
        await call.play_to_end(tone(SPOKEN_HZ, 0.3))
        spoke = clock()
        await hear(call, "number-is")
        assert clock() - spoke == pytest.approx(5, abs=0.7)
        await hear(call, "number-confirm")
        asked = clock()
        await hear(call, "number-is")
        assert clock() - asked == pytest.approx(6, abs=0.7)
        await talk(call, (("number-confirm", "1"), *REST))
        await hear(call, "ticket-is")
        await call.hangup()
        assert (await kept(desk))[1] == Kept()


@pytest.mark.parametrize(("number", "phone"), [(OWN, OWN), ("anonymous", None)])
async def test_no_key_at_all(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch, number: str, phone: str | None
) -> None:
    for module in ("agi.say", "agi.callback"):
        monkeypatch.setattr(f"{module}.KEY_TIMEOUT_MS", 400)
    monkeypatch.setattr("agi.callback.SILENCE_S", 1)
    async with caller(desk, number) as outside:
        call = await outside.dial("8001")
        await hear(call, "beep")
        question = "number-withheld" if phone is None else "number-is"
        await hear(
            call, question, question, "wished", "wished", "playback-intro", "playback-intro", "ticket-is"
        )
        await call.hangup()
        assert (await kept(desk))[1] == Kept(phone=phone)


async def test_no_key_when_asked_for_a_number(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agi.callback.KEY_TIMEOUT_MS", 400)
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, (ANOTHER, ("number-key", ""), ("number-key", ""), *REST))
        await hear(call, "ticket-is")
        await call.hangup()
        assert (await kept(desk))[1] == Kept()


async def test_longest_message(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agi.callback.LIMIT_MS", 1000)
    async with caller(desk, OWN) as outside:
        call = await outside.dial("8001")
        await hear(call, "beep")
        speaking = call.play(tone(SPOKEN_HZ, 3))
        await hear(call, "number-is", timeout_s=2)
        assert not speaking.done()
        await call.hangup()
        recording, _ = await kept(desk)
    assert recording.seconds == pytest.approx(1, abs=0.2)


async def test_sent_by_the_responder(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk, OWN) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        ticket = (await desk.until(lambda call: call.ticket is not None)).ticket
        await first.send_digits("*7")
        await first.wait_ended()
        assert "bye_received" in first.times
        await hear(call, "record-prompt")
        await leave_message(call)
        await talk(call, (RIGHT, *REST))
        await hear(call, "ticket-is")
        await call.hangup()
        record = await desk.ended()
    assert record.outcome == "answered"
    assert [recording.ticket for recording in record.recordings] == [ticket] == [record.ticket]
    assert record.recordings[0].confirmed
    assert record.handoffs == ()
