"""Live captions on a real Asterisk: what both parties say is read while they say it, and the call does not notice."""

from __future__ import annotations

import asyncio
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from callcenter.domain.captions import Caption
from callcenter.runtime.models import store
from callcenter.softphone.call import Call as SipCall
from tests.pbx.desk import TestDesk, answered_call, caller, hear_each_other, next_ring, phones, running_desk
from transcripts.live import Captioner, readers
from transcripts.live_voice import Utterance

pytestmark = pytest.mark.anyio
VOICES = Path(__file__).parents[2] / "callcenter" / "softphone" / "voices"
LATE_S = 1.5
BRIEFED = "小王你好我这里有一位张同学宿舍热水器坏了已经两天没有热水我把电话转给你"
TOLD_FIRST = "我们宿舍的热水器坏了从昨天晚上开始就没有热水"
"""What zh-briefing-01 says, and zh-message-01 in its middle: all of it is said 4 s before the message ends."""
READ = 0.6
"""So much of it is there, in order. How well a draft reads is the recogniser's own figure; here it is when."""


@dataclass(slots=True)
class Told:
    """Every caption with the instant at which it could be shown."""

    captions: list[tuple[float, Caption]] = field(default_factory=list)

    def __call__(self, caption: Caption) -> None:
        self.captions.append((time.monotonic(), caption))

    def text(self, extension: str) -> str:
        """What is understood of one party by now: of each utterance the last reading."""
        last = {each.number: each.text for _, each in self.captions if each.extension == extension}
        return "".join(last[number] for number in sorted(last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Captioned:
    desk: TestDesk
    captioner: Captioner
    told: Told


@pytest.fixture(scope="module")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Captioned]:
    with running_desk(tmp_path_factory.mktemp("desk"), ring_timeout_s=5, captions="on") as desk:
        settings, told = desk.desk.settings, Told()
        if not store.all_installed(settings):
            pytest.fail("set-up fetches the speech model")
        make = readers(settings)
        make("zh").read(Utterance(number=0, begins_s=0.0))
        captioner = Captioner(settings, make, told)
        working = threading.Thread(target=captioner.work)
        working.start()
        yield Captioned(desk=desk, captioner=captioner, told=told)
        captioner.stop()
        working.join()


def samples(name: str) -> bytes:
    with wave.open(str(VOICES / name)) as file:
        return bytes(file.readframes(file.getnframes()))


async def until_read(told: Told, extension: str, words: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while True:
        same = SequenceMatcher(None, told.text(extension), words, autojunk=False).get_matching_blocks()
        if sum(block.size for block in same) >= READ * len(words):
            return
        assert time.monotonic() < deadline, told.captions
        await asyncio.sleep(0.02)


async def both_legs_heard(captioned: Captioned) -> None:
    deadline = time.monotonic() + 5
    while captioned.captioner.legs < 2:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def speak(call: SipCall, name: str) -> float:
    """Say it; the instant at which it began."""
    began = time.monotonic()
    await call.play(samples(name))
    return began


async def test_what_both_say_is_read_while_they_say_it(captioned: Captioned) -> None:
    told = captioned.told
    captioned.desk.forget()
    async with phones(captioned.desk, "101") as desk_phones, caller(captioned.desk) as outside:
        call = await outside.dial("8000")
        answered = await next_ring(desk_phones["101"])
        await answered.answer()
        await call.wait_answered()
        await both_legs_heard(captioned)
        await speak(answered, "zh-briefing-01.wav")
        await until_read(told, "101", BRIEFED, 3)
        speaking = asyncio.create_task(speak(call, "zh-message-01.wav"))
        await until_read(told, "", TOLD_FIRST, 13.35 - 2)
        assert not speaking.done(), "it is read while the caller still speaks"
        await speaking
        await until_read(told, "", "谢谢", LATE_S + 1)
        assert "电话是" not in told.text("101"), "each party has its own"
        await call.hangup()


async def test_a_call_outlives_its_captioner(captioned: Captioned) -> None:
    captioned.desk.forget()
    async with phones(captioned.desk, "101") as desk_phones, caller(captioned.desk) as outside:
        call, answered = await answered_call(outside, desk_phones["101"])
        captioned.captioner.stop()
        await hear_each_other(call, answered)
        assert "AudioSocket" not in captioned.desk.rx("core show channels concise")
        await call.hangup()
        ended = await captioned.desk.ended()
        assert ended.outcome == "answered"
