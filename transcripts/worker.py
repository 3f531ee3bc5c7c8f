"""The worker process: the queue's jobs, the sweep that finds what has none, a sign of life each second."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from callcenter.bootstrap import build_engine, unit_of_work_factory
from callcenter.db import heartbeat
from callcenter.db.address import database_url
from callcenter.db.deadline import DatabaseUnavailable
from callcenter.services.transcripts import pending_recordings
from callcenter.settings import Settings
from transcripts import models, queue
from transcripts.aside import Aside
from transcripts.chores import Chore, keep_doing
from transcripts.engine import Recogniser
from transcripts.errors import TranscriptsError
from transcripts.own_prompts import PROMPTS_S, PromptReader
from transcripts.task import transcribe_recording

Job = procrastinate.tasks.Task[[int], None, [int]]

log = logging.getLogger(__name__)

PART = "worker"
SWEEP_S = 1.0
SWEEP_LIMIT_S = 10.0
BEAT_S = 1.0
FROZEN_S = 15.0
"""Without a sweep for so long there is no sign of life either, while the database answers."""
GRACE_S = 3.0
"""How long a signal to end lets the recording under way go on; one cut off is begun again after the start."""
LONGEST_PAUSE_S = 5.0
NICE = 10


def run_worker(settings: Settings, chores: Sequence[Chore] = ()) -> None:
    """Transcribe recordings, and do the chores, until SIGTERM or SIGINT. Then the process ends at once: this
    call does not return. Calls come first: it runs at a low priority, one recording at a time."""
    os.nice(NICE)
    worker = Worker(settings)
    stop = threading.Event()
    prompts = PromptReader(
        unit_of_work_factory(settings, engine=build_engine(settings, pool_size=1)), worker.choose
    )

    def read_prompts() -> None:
        if not worker.busy:  # callers' recordings go first
            prompts.run_once()

    own = (
        Chore(name="heartbeat", every_s=BEAT_S, run=worker.beat),
        Chore(name="own prompts", every_s=PROMPTS_S, run=read_prompts),
    )
    for chore in (*own, *chores):
        keep_doing(chore, stop)
    threading.Thread(target=worker.warm, name="warm", daemon=True).start()
    asyncio.run(_until_told(worker))
    stop.set()
    # A recogniser's thread cannot be interrupted, and Python would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _until_told(worker: Worker) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    work = asyncio.create_task(worker.work_for_ever())
    await told.wait()
    deadline = time.monotonic() + GRACE_S
    while worker.busy and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    logging.shutdown()
    if worker.busy:
        os._exit(0)
    work.cancel()
    await asyncio.wait([work], timeout=GRACE_S)


class Worker:
    """What the worker process does with its settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = database_url(settings)
        self._engine = build_engine(settings, pool_size=2)
        self._units = unit_of_work_factory(settings, engine=self._engine)
        self._aside = Aside(settings)
        self._not_counted: set[int] = set()
        """Recordings whose last try ended for want of the database."""
        self._swept_at = time.monotonic()
        self.busy = False

    def beat(self) -> None:
        """Give a sign of life, unless the work itself stands still."""
        if time.monotonic() - self._swept_at > FROZEN_S:
            log.warning("the queue stands still")
            return
        with self._units() as uow:
            heartbeat.beat(uow.session, PART, self._settings.node)
            uow.commit()

    def transcribe(self, recording_id: int) -> None:
        """Transcribe one recording."""
        self.busy = True
        try:
            transcribe_recording(
                recording_id,
                units=self._units,
                recordings=self._settings.recordings,
                listen=self._aside.listen,
                counted=recording_id not in self._not_counted,
            )
            self._not_counted.discard(recording_id)
        except DatabaseUnavailable:
            self._not_counted.add(recording_id)
            raise
        finally:
            self.busy = False

    def choose(self, language: str) -> Recogniser:
        """A language's recogniser, in the process aside; raises ModelMissing."""
        return self._aside.choose(language)

    def warm(self) -> None:
        """Have the models loaded before the first message comes: the two languages often share one."""
        for language in models.LANGUAGES:
            try:
                if models.available(self._settings, language):
                    self._aside.warm(language)
            except TranscriptsError as error:
                log.warning("the recogniser for %s is not ready yet: %s", language, error)

    async def work_for_ever(self) -> None:
        """Work; whenever the database goes away, wait for it, a little longer each time."""
        pause_s = 0.5
        while True:
            started = time.monotonic()
            try:
                await self._work()
            except (ConnectorException, DatabaseUnavailable, psycopg.Error, TimeoutError, OSError) as error:
                log.warning("the queue is out of reach (%s), trying again", type(error).__name__)
            except ExceptionGroup as group:
                log.warning("the queue stopped, trying again", exc_info=group)
            pause_s = 0.5 if time.monotonic() - started > 60 else min(pause_s * 2, LONGEST_PAUSE_S)
            self._swept_at = time.monotonic()
            await asyncio.sleep(pause_s)

    async def _work(self) -> None:
        """Work until the database goes away."""
        app = procrastinate.App(connector=queue.connector(self._url))
        task = app.task(name="transcribe_recording", queue=queue.QUEUE, pass_context=False)(self.transcribe)
        async with app.open_async():
            jobs = asyncio.create_task(
                app.run_worker_async(
                    queues=[queue.QUEUE],
                    concurrency=1,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=2.0,
                    delete_jobs="always",
                    update_heartbeat_interval=2.0,
                    stalled_worker_timeout=float(queue.STALLED_S),
                    shutdown_graceful_timeout=0.0,
                )
            )
            sweeps = asyncio.create_task(self._sweep_for_ever(app, task))
            try:
                done, _ = await asyncio.wait([jobs, sweeps], return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    ended.result()
            finally:
                for each in (jobs, sweeps):
                    each.cancel()
                await asyncio.wait([jobs, sweeps], timeout=GRACE_S)

    async def _sweep_for_ever(self, app: procrastinate.App, task: Job) -> None:
        while True:
            async with asyncio.timeout(SWEEP_LIMIT_S):
                await self.sweep(app, task)
            self._swept_at = time.monotonic()
            await asyncio.sleep(SWEEP_S)

    async def sweep(self, app: procrastinate.App, task: Job) -> None:
        """Queue every recording that is to be transcribed now and has no living job."""
        due = await asyncio.to_thread(self._due)
        if not due:
            return
        live = await queue.live_recordings(app)
        for recording_id, urgency in due.items():
            if recording_id in live:
                continue
            job = task.configure(queueing_lock=f"recording-{recording_id}", priority=urgency)
            try:
                await job.defer_async(recording_id=recording_id)
            except AlreadyEnqueued:
                continue

    def _due(self) -> dict[int, int]:
        languages = [name for name in models.LANGUAGES if models.available(self._settings, name)]
        with self._units() as uow:
            return pending_recordings(uow, now=datetime.now(UTC), languages=languages)
