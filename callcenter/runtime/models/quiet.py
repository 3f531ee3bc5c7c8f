"""Nothing is fetched during a call: who fetches asks here between two pieces, and waits until the line is quiet."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from rich.console import Console

from callcenter.errors import ShouwenError
from callcenter.runtime import asterisk, asterisk_process
from callcenter.settings import Settings

LOOK_EVERY_S = 2.0

_ACTIVE = re.compile(r"^(\d+) active channel", re.MULTILINE)


def channels(settings: Settings) -> int:
    """Channels in use on the Asterisk of this home; 0 where none runs, or it is not to be seen from here.

    An Asterisk that runs but does not answer may have calls: 1.
    """
    if not asterisk_process.running(settings):
        return 0
    try:
        answer = asterisk_process.rx(settings, asterisk.find_root(settings), "core show channels count")
    except ShouwenError:
        return 1
    found = _ACTIVE.search(answer)
    return int(found[1]) if found else 1


class Quiet:
    """`wait` returns when there is no call. It looks every LOOK_EVERY_S at most, however often it is asked."""

    def __init__(
        self, in_use: Callable[[], int], console: Console, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._in_use = in_use
        self._console = console
        self._look_every_s = look_every_s
        self._looked = float("-inf")

    def busy(self) -> bool:
        """Whether there is a call, as of LOOK_EVERY_S ago at most."""
        if time.monotonic() - self._looked < self._look_every_s:
            return False
        self._looked = time.monotonic()
        return self._in_use() > 0

    def wait(self) -> None:
        """Until no channel is in use; says so once if that takes time."""
        if self.busy():
            self.until_free()

    def until_free(self) -> None:
        """There is a call: say so, and wait for its end."""
        self._console.print(
            "A call is in progress: nothing is fetched until the line is quiet (--now does not wait)."
        )
        while self._in_use() > 0:
            time.sleep(self._look_every_s)
        self._looked = time.monotonic()
        self._console.print("The line is quiet: going on.")


def never_busy(console: Console) -> Quiet:
    """For who does not want to wait."""
    return Quiet(lambda: 0, console)
