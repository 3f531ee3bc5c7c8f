"""Turns the signals that ask us to end into an exception of the main thread."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopping(BaseException):
    """A signal asked us to end; raised once, wherever the main thread happens to be."""


@contextmanager
def raised_as_stopping() -> Iterator[None]:
    """Within it the first of the signals raises Stopping; from then on they are ignored."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ignore()
        raise Stopping

    before = {number: signal.signal(number, stop) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore() -> None:
    """From now on take no notice of them."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
