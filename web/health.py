"""The truth about the desk's parts, found out in the background: asking costs nothing and never hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

log = logging.getLogger(__name__)

PERIOD_S = 0.4
STALE_S = 2.0
"""A check that has not come back for so long counts as a part that is down."""
LAST_ANSWER_S = 1.2
"""So long each question under way is waited for at the end; a slower one ends with the process."""

State = Literal["ok", "down"]
T = TypeVar("T")


class Status(StrEnum):
    """The desk as a whole: no call can come in when it is down."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiReport:
    """What the agi process says of Asterisk, of itself and of its journal (events still to apply)."""

    asterisk: bool
    agi: bool
    backlog: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The state of every part at one moment."""

    asterisk: State
    agi: State
    database: State
    worker: State
    backlog: int

    @property
    def status(self) -> Status:
        """Down without Asterisk; degraded when anything else is missing."""
        if self.asterisk == "down":
            return Status.DOWN
        rest = (self.agi, self.database, self.worker)
        return Status.OK if all(part == "ok" for part in rest) else Status.DEGRADED


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The three questions; each answers within a deadline of its own, or raises. `close`: when all is over."""

    agi: Callable[[], AgiReport]
    database: Callable[[], bool]
    worker: Callable[[], bool]
    close: Callable[[], None] = lambda: None


class Watched(Generic[T]):
    """One question asked again and again in its own thread: one that hangs holds up no other."""

    def __init__(self, name: str, ask: Callable[[], T], clock: Callable[[], float]) -> None:
        """Take the question and a monotonic clock; nothing runs before `start`."""
        self._name, self._ask, self._clock = name, ask, clock
        self._answer: tuple[float, T | None] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"health-{name}", daemon=True)

    def start(self) -> None:
        """Begins to ask."""
        self._thread.start()

    def ask_no_more(self) -> None:
        """Ends after the question under way."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Waits for the question under way; what takes longer is left to its own deadline."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    @property
    def value(self) -> T | None:
        """The last answer; None before the first, when the last try failed, or when it is stale."""
        answer = self._answer
        if answer is None or self._clock() - answer[0] > STALE_S:
            return None
        return answer[1]

    def _run(self) -> None:
        while not self._stop.is_set():
            self._once()
            self._stop.wait(PERIOD_S)

    def _once(self) -> None:
        was_well = self._answer is not None and self._answer[1] is not None
        try:
            result: T | None = self._ask()
        except Exception as error:  # whatever a part's check raises means the same: no good answer
            result = None
            if was_well:
                log.warning("health check failed part=%s error=%s", self._name, type(error).__name__)
        self._answer = (self._clock(), result)


class Health:
    """Keeps the last answers; reading them takes microseconds."""

    def __init__(self, checks: Checks, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the questions; nothing is asked before `start`."""
        self._close = checks.close
        self._agi = Watched("agi", checks.agi, clock)
        self._database = Watched("database", checks.database, clock)
        self._worker = Watched("worker", checks.worker, clock)
        self._watches = (self._agi, self._database, self._worker)

    def start(self) -> None:
        """Begins to ask."""
        for watched in self._watches:
            watched.start()

    def stop(self) -> None:
        """Stops asking."""
        for watched in self._watches:
            watched.ask_no_more()
        for watched in self._watches:
            watched.wait(LAST_ANSWER_S)
        self._close()

    @property
    def database_is_up(self) -> bool:
        """Whether it makes sense to ask the database anything."""
        return self._database.value is True

    def report(self) -> Report:
        """The parts as last seen. Who cannot say is down; a worker cannot beat without a database."""
        agi = self._agi.value
        database = self.database_is_up
        return Report(
            asterisk=_state(agi is not None and agi.asterisk),
            agi=_state(agi is not None and agi.agi),
            database=_state(database),
            worker=_state(database and self._worker.value is True),
            backlog=agi.backlog if agi else 0,
        )


def _state(well: bool) -> State:
    return "ok" if well else "down"
