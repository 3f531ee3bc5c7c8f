"""From the journal to the database: in order, each event exactly once, as soon as the database is there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.errors import ShouwenError
from callcenter.runtime import asterisk_config
from callcenter.services import calls as call_services
from callcenter.settings import Settings

log = logging.getLogger(__name__)

BATCH = 400
REFRESH_S = 2.0
RETRY_S = 0.5
KEEP = timedelta(days=7)
"""How long the journal keeps events that the database has."""


class Drainer:
    """One thread; owns the position up to which the database has the journal."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        calls: LiveCalls,
        routing: Routing,
        numbering: Numbering,
        unit_of_work: Callable[[], SqlUnitOfWork],
    ) -> None:
        """Nothing is touched before `start`."""
        self._settings = settings
        self._journal = journal
        self._calls = calls
        self._routing = routing
        self._numbering = numbering
        self._unit_of_work = unit_of_work
        self._position = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drainer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stopping.set()
        self._journal.appended.set()
        self._thread.join(5)

    def backlog(self) -> int:
        """Events that the database does not have yet."""
        return max(0, self._journal.last_position() - self._position)

    def _run(self) -> None:
        ready = failing = False
        refreshed = 0.0
        while not self._stopping.is_set():
            try:
                if not ready:
                    self._catch_up_with_database()
                    ready = True
                drained = self._drain()
                refreshed = self._refresh(refreshed)
                failing = False
            except ShouwenError as error:
                if not failing:
                    log.warning("the database is away (%s); calls go on, the journal keeps them", error)
                ready, failing, drained = False, True, 0
                self._stopping.wait(RETRY_S)
            except Exception:
                log.exception("the journal could not be applied; trying again")
                ready, drained = False, 0
                self._stopping.wait(RETRY_S * 4)
            if not drained:
                self._journal.appended.wait(0.25)
            self._journal.appended.clear()

    def _catch_up_with_database(self) -> None:
        """Where the database stands: the position, and numbers given out before this journal was lost."""
        with self._unit_of_work() as uow:
            self._position = uow.calls.position(self._settings.node)
            day = f"{now().astimezone(self._settings.zone):%y%m%d}"
            self._numbering.at_least(day, uow.calls.last_serial(day, self._settings.node))

    def _drain(self) -> int:
        if self._journal.last_position() < self._position:
            # a new, empty journal beside an old database: positions go on from where the database stands
            self._journal.continue_from(self._position)
        events = self._journal.read(self._position, BATCH)
        if not events:
            return 0
        with self._unit_of_work() as uow:
            call_services.apply_events(
                uow, node=self._settings.node, events=events, policy=self._settings.policy
            )
            uow.commit()
        self._position = events[-1][0]
        return len(events)

    def _refresh(self, last: float) -> float:
        """Every 2 s: the staff and their phones, memory of ended calls, old events."""
        moment = now()
        if moment.timestamp() - last < REFRESH_S:
            return last
        with self._unit_of_work() as uow:
            phones = uow.staff.phones()
        self._routing.update(Person(extension=phone.extension, name=phone.name) for phone in phones)
        asterisk_config.apply(self._settings, phones)
        self._calls.forget_ended()
        self._journal.prune(self._position, moment - KEEP)
        return moment.timestamp()
