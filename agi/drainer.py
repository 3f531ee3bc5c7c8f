"""From the journal to the database: in order, each event exactly once, as soon as the database is there."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import CallEvent, Person
from callcenter.errors import ShouwenError
from callcenter.runtime import asterisk_config
from callcenter.runtime.prompt_files import PromptFiles
from callcenter.services import absences
from callcenter.services import calls as call_services
from callcenter.settings import Settings

log = logging.getLogger(__name__)

BATCH = 400
REFRESH_S = 2.0
RETRY_S = 0.5
REFUSED = "refused-"
"""Notes of the journal: the data of events that the database will never take, by position."""
IDLE_S = 0.25
REST_S, MOST_REST_S = 0.04, 0.15
REST_SHARE = 12.0
"""Between an event and its way to the database lies a rest: the caller whose event it is goes on first, undisturbed by
our use of the interpreter, and what comes meanwhile goes along. On a busy line it is so many times as long as the last
batch took: few large batches cost a fraction of many small ones. The live board has 250 ms."""
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
        self._prompts = PromptFiles(settings)
        self._position = 0
        self._chosen: tuple[int, datetime | None] | None = None
        """The choices of language that this node knows, as the database counts them."""
        self.in_step = threading.Event()
        """Set once the database has said which numbers and positions are taken."""
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
        return max(0, self._journal.last_position() - self._position) + self._journal.unwritten

    def _run(self) -> None:
        ready = failing = False
        refreshed = took_s = 0.0
        while not self._stopping.is_set():
            try:
                if not ready:
                    self._catch_up_with_database()
                    ready = True
                    self.in_step.set()
                began = time.monotonic()
                drained = self._drain()
                took_s = time.monotonic() - began
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
            if drained < BATCH:
                self._journal.appended.wait(IDLE_S)
                self._stopping.wait(min(MOST_REST_S, max(REST_S, REST_SHARE * took_s)))
            self._journal.appended.clear()

    def _catch_up_with_database(self) -> None:
        """Where the database stands: the position, and numbers given out before this journal was lost."""
        node = self._settings.node
        with self._unit_of_work() as uow:
            position = uow.calls.position(node)
            applied = uow.calls.event_at(node, position)
            for moment in (now() - timedelta(days=1), now()):
                day = f"{moment.astimezone(self._settings.zone):%y%m%d}"
                self._numbering.at_least(day, uow.calls.last_serial(day, node))
        if not self._is_continued(position, applied):
            log.warning("the journal is new and the database is not: positions go on behind the database's")
            self._journal.continue_from(position)
        self._position = position

    def _is_continued(self, position: int, applied: CallEvent | None) -> bool:
        """Whether this journal is the one that the database followed up to `position`."""
        if position > self._journal.used_up_to():
            return False
        ours = self._journal.at_position(position)
        # old events are forgotten here; one that is there has to be the one that was applied
        return ours is None or applied is None or ours == applied

    def _drain(self) -> int:
        events = self._journal.read(self._position, BATCH)
        if not events:
            return 0
        try:
            self._apply(events)
        except ShouwenError:
            raise
        except Exception as error:
            if len(events) == 1:
                raise
            log.error("a run of events is refused (%s): one by one", type(error).__name__)
            self._apply_each(events)
        return len(events)

    def _apply(self, events: Sequence[tuple[int, CallEvent]]) -> None:
        with self._unit_of_work() as uow:
            call_services.apply_events(uow, node=self._settings.node, events=events)
            uow.commit()
        self._position = events[-1][0]

    def _apply_each(self, events: Sequence[tuple[int, CallEvent]]) -> None:
        """One event that can never be applied must not hold up all others: it is left out, and noted.

        Only once a later one is accepted: when all are refused, the fault is not theirs, and they wait.
        """
        refused: list[tuple[int, CallEvent]] = []
        reason: Exception | None = None
        for place, event in events:
            try:
                self._apply([(place, event)])
            except ShouwenError:
                raise
            except Exception as error:
                refused.append((place, event))
                reason = error
                continue
            for position, left_out in refused:
                # its data may hold a caller's number: those stay in the journal
                log.error("event %s cannot be applied and is left out", position)
                self._journal.save_note(f"{REFUSED}{position}", {**left_out.data, "kind": left_out.kind})
            refused.clear()
        if refused and reason is not None:
            raise reason

    def _refresh(self, last: float) -> float:
        """Every 2 s: the staff and their phones, prompts, what callers speak, memory of ended calls, old events."""
        moment = now()
        if moment.timestamp() - last < REFRESH_S:
            return last
        in_step = not self.backlog()
        with self._unit_of_work() as uow:
            phones, stand_ins = absences.phones(uow, moment), absences.stand_ins(uow, moment)
            self._prompts.follow(uow.own_prompts.live(), uow.own_prompts.sound)
            version = uow.caller_languages.version()
            chosen = uow.caller_languages.everybody() if in_step and version != self._chosen else None
        self._routing.update(
            (Person(extension=phone.extension, name=phone.name) for phone in phones), stand_ins
        )
        if chosen is not None and self._routing.languages.update(chosen):
            self._chosen = version
        asterisk_config.apply(self._settings, phones)
        self._calls.forget_ended()
        self._journal.prune(self._position, moment - KEEP)
        return moment.timestamp()
