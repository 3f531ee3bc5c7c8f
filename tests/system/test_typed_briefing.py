"""A typed briefing through the whole product: typed in the console, said by a voice, heard and read by a colleague."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
import urllib.request
import wave
from difflib import SequenceMatcher
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from callcenter.domain.briefings import spoken_form
from callcenter.runtime import spoken
from callcenter.settings import Settings
from tests.polling import until_async
from tests.system.product import LOOPBACK, Product, hear, nothing_private_in_logs, ringing, talk

pytestmark = pytest.mark.anyio

Sound = npt.NDArray[np.float64]
CALLER = "13800138777"
TEXT = "家里热水已经停了，报修过一次，物业说等配件。请下午派人上门，她四点以后都在，谢谢。"
_FIGURES = str.maketrans("零一二三四五六七八九他", "0123456789她")
"""Written alike on both sides: numbers, and a word that sounds like another."""


class Console:
    """Somebody at a screen of the running product."""

    def __init__(self, product: Product, extension: str) -> None:
        self._base = f"http://{LOOPBACK}:{product.environment['SHOUWEN_WEB_PORT']}"
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        account = next(each for each in product.accounts["staff"] if each["extension"] == extension)
        self.post("/login?lang=en", username=account["console_user"], password=account["console_password"])

    def get(self, path: str) -> str:
        """A page."""
        with self._browser.open(f"{self._base}{path}", timeout=10) as response:
            page: str = response.read().decode()
        return page

    def post(self, path: str, **fields: str) -> None:
        """Send a form; fails unless it is accepted."""
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', self.get("/login" if "login" in path else "/")
        )
        assert found
        data = urllib.parse.urlencode({"csrf_token": found[1], **fields}).encode()
        with self._browser.open(f"{self._base}{path}", data, timeout=10) as response:
            assert response.status in (200, 204)


def understood(product: Product, sound: Path) -> str:
    """What the recogniser understands, without marks."""
    said: dict[str, Any] = json.loads(product.run("transcribe", str(sound), "--language", "zh"))
    return letters(str(said["text"]))


def letters(text: str) -> str:
    return "".join(each for each in text if each.isalnum()).translate(_FIGURES)


def share_of(wanted: str, heard: str) -> float:
    """How much of `wanted` is in `heard`, in order: the recogniser's own errors are part of it."""
    blocks = SequenceMatcher(None, letters(wanted), heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(letters(wanted))


def samples_of(sound: Path) -> Sound:
    with wave.open(str(sound)) as file:
        assert file.getframerate() == 8000
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


def place_of(sound: Sound, heard: Sound) -> int:
    """Where in what was heard a sound is, sample by sample; a-law and µ-law change it a little."""
    size = 1 << int(np.ceil(np.log2(len(heard) + len(sound))))
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size)), size)[: len(heard)]
    at = int(likeness.argmax())
    there = heard[at : at + len(sound)]
    likeness_there = likeness[at] / np.sqrt((sound**2).sum() * (there**2).sum())
    assert likeness_there > 0.9, likeness_there
    return at


@pytest.mark.rule("H11")
async def test_typed_spoken_heard_and_read(product: Product, tmp_path: Path) -> None:
    settings = Settings(home=product.home)
    async with (
        product.phone("101") as own,
        product.phone("102") as other,
        product.caller(CALLER, "王小明") as outside,
    ):
        call, answered = await talk(outside, own)
        record = await product.call(CALLER, "answered_at")
        linkedid, ticket = record["linkedid"], record["ticket"]
        form = {
            "actor": "101",
            "kind": "complaint",
            "complexity": "simple",
            "contact": {"name": "张雨晴", "phone": CALLER},
            "details": "热水故障",
            "fields": {"wished_solution": "尽快修好"},
        }
        await asyncio.to_thread(product.post, f"/api/v1/tickets/{ticket}/form", form)
        first, second = await asyncio.gather(
            asyncio.to_thread(Console, product, "101"), asyncio.to_thread(Console, product, "102")
        )
        page = await asyncio.to_thread(first.get, f"/calls/{linkedid}")
        assert 'id="hand-over-text"' in page
        await asyncio.to_thread(first.post, f"/calls/{linkedid}/hand-over/draft", text=TEXT[:-10])
        caller_file = spoken.caller_file(settings, linkedid)
        await until_async(lambda: caller_file.exists(), 60, "who calls, in sound")

        who = samples_of(caller_file)

        await asyncio.to_thread(first.post, f"/calls/{linkedid}/hand-over", to="102", text=TEXT)
        colleague = await ringing(other, 5)
        await until_async(lambda: TEXT in second.get("/board"), 3, "the briefing on the colleague's screen")
        assert "张雨晴" in await asyncio.to_thread(second.get, "/board")
        await answered.wait_ended(15)
        await colleague.answer()
        await colleague.wait_silence(4, timeout_s=90)
        colleague.save_received(tmp_path / "heard.wav")
        await colleague.send_digits("1")
        await hear(colleague, call)
        await colleague.hangup()
        await call.wait_ended()
        ended = await product.call(CALLER, "ended_at", 10)
    (handoff,) = ended["handoffs"]
    assert (handoff["mode"], handoff["outcome"], handoff["within_limit"]) == ("recorded", "accepted", True)
    assert set(handoff) == {
        "mode",
        "from",
        "to",
        "requested_at",
        "answered_at",
        "completed_at",
        "outcome",
        "within_limit",
    }
    heard = await asyncio.to_thread(understood, product, tmp_path / "heard.wav")
    assert share_of(TEXT, heard) >= 0.85, heard
    pieces = spoken.read_plan(settings, spoken_form(TEXT), "zh")
    assert pieces
    played = samples_of(tmp_path / "heard.wav")
    places = [place_of(sound, played) for sound in (who, *map(samples_of, pieces))]
    assert places == sorted(places), "who calls comes first, then piece after piece"
    await until_async(
        lambda: not caller_file.exists(), 10, "what was said of the caller is gone with the call"
    )
    story = await asyncio.to_thread(second.get, f"/tickets/{ticket}")
    assert TEXT in story
    nothing_private_in_logs(product.home, CALLER, "张雨晴", TEXT[:10])
