"""What a caller hears in which language: by line, by key 9, by what their number chose; and places in the queue.

In the tests' prompts an English one has the tone `en` before its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agi.ami import Event
from agi.desk import Desk
from agi.watcher import watch
from callcenter.domain.calls import Kind
from callcenter.softphone.call import Call as SipCall
from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, phones, running_desk, tone
from tests.pbx.prompts import hear, heard
from tests.pbx.test_callback import leave_message, talk
from tests.polling import until_async

pytestmark = pytest.mark.anyio

LAB = "127.0.0.1:9"
OWN_LINE = "075212345679"


@pytest.fixture(scope="module")
def quick_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    """8001 speaks English by itself."""
    folder = Path(tmp_path_factory.mktemp("desk"))
    with running_desk(
        folder, ring_timeout_s=12, handoff_limit_s=25, line_languages=f"8001=en,{OWN_LINE}=en", lab_phone=LAB
    ) as running:
        yield running


async def offered(call: SipCall) -> None:
    """Until the welcome offers English."""
    await hear(call, "welcome", "en", "language-offer")


async def switched(call: SipCall) -> None:
    """Until the caller has heard that it goes on in English."""
    await hear(call, "en", "language-now")


def languages(desk: TestDesk) -> list[object]:
    """What was chosen in the one call."""
    return [event.data["language"] for event in desk.only_call().events if event.kind is Kind.LANGUAGE]


async def test_nine_in_the_welcome(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000001") as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("9")
        await switched(call)
        incoming = await desk_phones["101"].next_call()
        assert languages(desk) == ["en"]
        await call.send_digits("1")
        await hear(call, "en", "pressed-1", "en", "record-prompt", "beep")
        await incoming.wait_ended()
        await call.hangup()
        record = await desk.ended()
    assert (record.language, record.outcome) == ("en", "callback")
    assert [recording.language for recording in record.recordings] == ["en"]


async def test_the_next_call_of_the_number_is_in_that_language_until_nine_again(desk: TestDesk) -> None:
    number = "13800000002"
    async with caller(desk, number) as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("9")
        await switched(call)
        await call.hangup()
        await desk.ended()
        assert desk.journal.note("languages") is None or desk.desk.routing.languages.of(number) == "en"
        desk.forget()
        again = await outside.dial("8000")
        await hear(again, "en", "welcome", "language-offer")
        await again.send_digits("9")
        await hear(again, "language-now")
        await again.hangup()
        assert (await desk.ended()).language == "zh"
        assert desk.desk.routing.languages.of(number) is None
        assert heard(again.received)[:3] == ["en", "welcome", "language-offer"]
        desk.forget()
        last = await outside.dial("8000")
        await offered(last)
        await last.hangup()
        assert heard(last.received)[0] == "welcome"


async def test_a_withheld_number_is_not_remembered(desk: TestDesk) -> None:
    async with caller(desk, "anonymous", name=None) as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("9")
        await switched(call)
        await call.hangup()
        assert (await desk.ended()).language == "en"
        desk.forget()
        again = await outside.dial("8000")
        await offered(again)
        await again.hangup()
        assert heard(again.received)[0] == "welcome"


async def test_nine_while_phones_ring_takes_nothing_from_the_caller(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000003") as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        await incoming.ring()
        rang = (await desk.until(lambda record: record.rang_at is not None)).rang_at
        await call.wait_audio()
        await call.send_digits("9")
        await switched(call)
        assert not incoming.is_ended
        await incoming.answer()
        await hear_each_other(call, incoming)
        # with somebody on the line the key is nobody's business
        await call.send_digits("9")
        await hear_each_other(call, incoming)
        await call.hangup()
        record = await desk.ended()
        assert languages(desk) == ["en"]
        assert len(desk_phones["101"].calls) <= 1
    assert (record.rang_at, record.language, record.outcome) == (rang, "en", "answered")


async def test_the_colleague_hears_the_language_of_the_staff(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk, "13800000004") as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("9")
        await switched(call)
        incoming = await desk_phones["101"].next_call()
        await incoming.answer()
        await hear_each_other(call, incoming)
        incoming.skip_tones()
        await incoming.send_digits("*3")
        await hear(incoming, "handoff-extension")
        await incoming.send_digits("102#")
        await hear(incoming, "brief-prompt", "beep")
        assert "en" not in heard(incoming.received)
        await call.hangup()
        await desk.ended()


async def test_an_english_line_and_a_closed_one_whose_message_is_its_welcome(desk: TestDesk) -> None:
    async with caller(desk, "13800000005") as outside:
        call = await outside.dial("8001")
        await hear(call, "en", "closed", "language-offer")
        await call.send_digits("9")
        await hear(call, "language-now", "closed", "en", "language-offer", "record-prompt")
        await leave_message(call)
        await hear(call, "number-is")
        await call.hangup()
        record = await desk.ended()
        said = heard(call.received)
    assert said[said.index("record-prompt") - 1] == "language-offer"
    assert said[said.index("record-prompt") + 1] == "beep"
    assert [recording.language for recording in record.recordings] == ["zh"]
    assert record.language == "zh"


async def test_nine_is_a_digit_where_digits_are_asked(desk: TestDesk) -> None:
    async with caller(desk, "13800000006") as outside:
        call = await outside.dial("8001")
        await hear(call, "record-prompt")
        await call.send_digits("9")
        await leave_message(call)
        await talk(
            call,
            (
                ("number-is", "2"),
                ("number-key", "9099#"),
                ("number-is", "1"),
                ("wished", "9"),
                ("wrong-key", "0"),
                ("playback-intro", "9"),
                ("wrong-key", "1"),
            ),
        )
        await hear(call, "en", "ticket-is")
        await call.hangup()
        record = await desk.ended()
        assert languages(desk) == []
    (recording,) = record.recordings
    assert (recording.phone, recording.phone_keyed, recording.confirmed) == ("9099", True, True)
    assert recording.language == "en"


async def test_their_own_message_is_played_to_callers_of_any_language(desk: TestDesk) -> None:
    async with caller(desk, "13800000007") as outside:
        call = await outside.dial("8001")
        await leave_message(call)
        await talk(call, (("number-is", "1"), ("wished", "0")))
        await hear(call, "playback-intro")
        await call.wait_tone(420)
        await hear(call, "en", "confirm")
        await call.hangup()
        await desk.ended()


async def test_nines_without_end_end_in_the_queue(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000008") as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("9" * 12)
        incoming = await desk_phones["101"].next_call()
        await call.send_digits("9" * 12)
        await incoming.answer()
        await hear_each_other(call, incoming)
        assert len(languages(desk)) <= 9
        await call.hangup()
        await desk.ended()


async def test_whoever_answers_is_not_talked_over(desk: TestDesk) -> None:
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000012") as outside:
        call = await outside.dial("8000")
        incoming = await desk_phones["101"].next_call()
        live, at_desk = desk.only_call(), desk.desk
        channel = str(live.events[0].data["channel"])
        long = [f"{at_desk.sounds}/wished"] * 4  # 6 s
        at_desk.waiting.say(at_desk.manager, live.linkedid, channel, language="zh", sounds=long)
        await hear(call, "wished")
        assert "shouwen-whisper" in desk.rx("core show channels concise")
        await incoming.answer()
        await until_async(
            lambda: "shouwen-whisper" not in desk.rx("core show channels concise"), 2, "the end of it"
        )
        await hear_each_other(call, incoming)
        await call.hangup()
        await desk.ended()


async def test_keys_outside_the_queue_are_not_told(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def listen(at_desk: Desk, event: Event) -> None:
        if event["Event"] == "DTMFEnd":
            told.append(event["Digit"])
        watch(at_desk, event)

    monkeypatch.setattr("tests.pbx.desk.watch", listen)
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000013") as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        await call.send_digits("5")
        await (await desk_phones["101"].next_call()).ring()
        await call.send_digits("76")
        await until_async(lambda: told == ["7", "6"], 5, "the keys of the queue")
        await call.send_digits("1")
        await leave_message(call)
        await talk(call, (("number-is", "2"), ("number-key", "9099#"), ("number-is", "1")))
        await hear(call, "wished")
        await call.hangup()
        await desk.ended()
    assert told == ["7", "6", "1"]


async def test_a_number_of_the_trunk_is_a_line_of_its_own(desk: TestDesk) -> None:
    # as docs/operators/languages.md says
    goto = f"Goto,shouwen-own-line\\,{OWN_LINE}\\,1"
    desk.rx(f"dialplan add extension {OWN_LINE},1,{goto} into shouwen-trunk")
    async with phones(desk, "101") as desk_phones, caller(desk, "13800000014") as outside:
        call = await outside.dial(OWN_LINE)
        await hear(call, "en", "welcome")
        await (await desk_phones["101"].next_call()).answer()
        await call.hangup()
        record = await desk.ended()
    assert (record.line, record.language) == (OWN_LINE, "en")


async def test_the_lab_line_says_nothing_before_it_rings(desk: TestDesk) -> None:
    async with caller(desk, "13800000009") as outside:
        call = await outside.dial("8002")
        await call.wait_answered()
        record = await desk.until(lambda record: True)
        await asyncio.sleep(0.5)
        assert heard(call.received) == []
        await call.hangup()
        await desk.ended()
    assert (record.line, record.language) == ("8002", "zh")


async def test_places_in_the_queue_are_told_and_hold_nobody_up(desk: TestDesk) -> None:
    async with (
        phones(desk, "101") as desk_phones,
        caller(desk, "13900000000") as talker,
        caller(desk, "13900000001") as first,
        caller(desk, "13900000002") as second,
    ):
        _, busy = await answered_call(talker, desk_phones["101"])
        one = await first.dial("8000")
        await hear(one, "wait-press-1")
        two = await second.dial("8000")
        await hear(two, "wait-press-1", "place-2")
        assert not {"place-1", "place-2"} & set(heard(one.received))
        await busy.hangup()
        freed = asyncio.get_running_loop().time()
        ring = await desk_phones["101"].next_call()
        assert asyncio.get_running_loop().time() - freed < 2
        await ring.answer()
        await hear_each_other(one, ring)
        # nine, and one, go on working for whoever was told a place
        await two.send_digits("9")
        await switched(two)
        await hear(two, "en", "wait-press-1")
        # a desk that is started anew asks Asterisk who waits
        waiting = desk.desk.waiting
        waiting.clear()
        desk.desk.manager.ask_who_waits()
        left = desk.live("13900000002")
        assert left is not None
        await until_async(lambda: [each.linkedid for each in waiting._queue] == [left.linkedid], 5, "them")
        await two.send_digits("1")
        await hear(two, "en", "pressed-1")
        await one.hangup()
        await two.hangup()


@pytest.mark.parametrize("line", ["8000", "8001"])
async def test_without_the_desk_a_line_speaks_its_own_language(desk: TestDesk, line: str) -> None:
    own = ["en"] if line == "8001" else []
    dialplan = desk.rx("dialplan show globals")
    assert "LANGUAGE_8001=en" in dialplan
    desk.rx("dialplan set global DESK agi://127.0.0.1:1")  # nobody listens there: a desk that is dead
    try:
        async with caller(desk, "13800000010") as outside:
            call = await outside.dial(line)
            await hear(call, "record-fallback", "beep")
            said = heard(call.received)
            await call.hangup()
    finally:
        desk.rx(f"dialplan set global DESK agi://127.0.0.1:{desk.desk.settings.agi_port}")
    assert said[said.index("record-fallback") - len(own) : said.index("record-fallback")] == own
    if line == "8000":
        assert said[:3] == ["welcome", "en", "language-offer"]


async def test_without_the_desk_nine_in_the_welcome_still_switches(desk: TestDesk) -> None:
    desk.rx("dialplan set global DESK agi://127.0.0.1:1")
    try:
        async with caller(desk, "13800000011") as outside:
            call = await outside.dial("8000")
            await hear(call, "welcome")
            await call.send_digits("9")
            await switched(call)
            await hear(call, "en", "record-fallback", "beep")
            await call.play_to_end(tone(420, 1.0))
            await call.hangup()
    finally:
        desk.rx(f"dialplan set global DESK agi://127.0.0.1:{desk.desk.settings.agi_port}")
    folder = desk.desk.settings.recordings / "fallback"
    await until_async(lambda: any(folder.glob("*-en.wav")), 5, "a message named by its language")
