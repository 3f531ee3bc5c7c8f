"""A centre's own recording as callers hear it: from the next playing on, without a restart, never half of one."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from callcenter.domain.own_prompts import Converted, LiveSound, PromptId
from callcenter.runtime.prompt_files import PromptFiles, sounds_folder
from callcenter.runtime.prompt_upload import convert
from tests.pbx.desk import TestDesk, caller
from tests.pbx.prompts import PITCH_HZ, hear
from tests.support.sounds import encoded, tone, wav

pytestmark = pytest.mark.anyio

CLOSED = PromptId(language="zh", key="closed")
FIRST_HZ, SECOND_HZ = 575, 1475
"""Pitches that no prompt of the tests has."""
Place = Callable[[int, Converted | None], None]


@pytest.fixture(scope="module")
def place(quick_desk: TestDesk, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Has a version heard instead of the product's prompt, or the product's again."""
    settings = quick_desk.desk.settings
    product = Path(tmp_path_factory.mktemp("product")) / "sounds"
    shutil.copytree(sounds_folder(settings), product)
    files = PromptFiles(settings, product)

    def change(number: int, version: Converted | None) -> None:
        if version is None:
            files.follow({}, lambda _: None)
        else:
            live = LiveSound(id=number, version=number, sha256=version.sha256)
            files.follow({CLOSED: live}, lambda _: (version.wav8, version.wav16))

    change(0, None)
    return change


def seconds_of(hz: int, pcm: bytes) -> float:
    """How long this pitch was heard."""
    blocks = np.frombuffer(pcm[: len(pcm) // 320 * 320], dtype="<i2").astype(np.float64).reshape(-1, 160)
    turn = np.exp(-2j * np.pi * np.arange(160) * hz / 8000)
    energy = (blocks**2).sum(axis=1)
    share = 2 * np.abs(blocks @ turn) ** 2 / (160 * np.maximum(energy, 1.0))
    return float(np.count_nonzero((share > 0.8) & (energy > 160 * 200.0**2)) * 0.02)


def since(desk: TestDesk) -> float:
    """When this Asterisk started, by the clock of the machine."""
    found = re.search(r"System uptime: (\d+)", desk.rx("core show uptime seconds"))
    assert found
    return time.time() - int(found[1])


async def test_it_is_heard_without_a_restart(desk: TestDesk, place: Place) -> None:
    async with caller(desk) as outside:
        call = await outside.dial("8001")
        await hear(call, "closed")
        await call.hangup()
        started = since(desk)
        place(1, convert(encoded(tone(FIRST_HZ, 3), "mp3"), 30))
        call = await outside.dial("8001")
        await call.wait_tone(FIRST_HZ, 10, min_ms=400)
        # while they listen another version goes live: they hear the one that began, to its end
        place(2, convert(wav(tone(SECOND_HZ, 1)), 30))
        await hear(call, "record-prompt", "beep")
        assert seconds_of(FIRST_HZ, call.received) == pytest.approx(3, abs=0.2)
        assert seconds_of(SECOND_HZ, call.received) == 0
        assert seconds_of(PITCH_HZ["closed"], call.received) == 0
        await call.hangup()
        call = await outside.dial("8001")
        await call.wait_tone(SECOND_HZ, 10, min_ms=400)
        await call.hangup()
        place(0, None)
        call = await outside.dial("8001")
        await hear(call, "closed")
        await call.hangup()
        assert since(desk) == pytest.approx(started, abs=2)
