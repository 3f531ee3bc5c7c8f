"""Waiting in tests: look until it is so, or fail at a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(
    look: Callable[[], Found], within_s: float = 10, what: str = "it", *, every_s: float = 0.01
) -> Found:
    """The first true thing that `look` gives; fails the test when there is none within that time."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        time.sleep(every_s)
    return found


async def until_async(look: Callable[[], Found], within_s: float = 10, what: str = "it") -> Found:
    """As `until`, in a thread: phones in the event loop talk on. Seldomer, as each look asks the product."""
    return await asyncio.to_thread(until, look, within_s, what, every_s=0.05)
