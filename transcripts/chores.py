"""Things the worker does again and again beside its jobs, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.db.deadline import DatabaseUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """`run` is called at once and then `every_s` seconds after it ended; what it raises is logged."""

    name: str
    every_s: float
    run: Callable[[], None]


def keep_doing(chore: Chore, stop: threading.Event) -> threading.Thread:
    """Start doing it until `stop` is set. While the database is away it tries on and on, and says so once."""

    def loop() -> None:
        away = False
        while not stop.is_set():
            try:
                chore.run()
                away = False
            except DatabaseUnavailable:
                if not away:
                    log.warning("%s: the database does not answer, trying on", chore.name)
                away = True
            except Exception:
                log.exception("%s failed", chore.name)
            stop.wait(chore.every_s)

    thread = threading.Thread(target=loop, name=chore.name, daemon=True)
    thread.start()
    return thread
