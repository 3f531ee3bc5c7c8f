"""The worker as a process: it finds what is to be done by itself, and outlives its database and its own death."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import make_url

from callcenter.bootstrap import unit_of_work_factory
from callcenter.db import heartbeat, migrate
from callcenter.db.address import socket_url
from callcenter.db.engine import create_engine
from callcenter.domain.policy import RuleBook
from callcenter.domain.transcripts import Purpose, RecordedFile, StoredTranscript, TranscriptState
from callcenter.runtime import postgres
from callcenter.runtime.models import install
from callcenter.runtime.postgres_place import place
from callcenter.services.transcripts import add_recording
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until
from tests.support.databases import server_folder

VOICES = Path(__file__).parents[1] / "voices"
COMMAND = Path(sys.executable).with_name("shouwen")
PATIENCE_S = 240
"""The worker runs at nice 10: beside other tests on a small machine it waits for what they leave."""


@contextmanager
def working(settings: Settings, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A `shouwen worker` that is ended in the end."""
    given = {
        **os.environ,
        "SHOUWEN_HOME": str(settings.home),
        "SHOUWEN_DATABASE_URL": str(settings.database_url),
        **environment,
    }
    with (settings.home / "worker.log").open("ab") as log:
        worker = subprocess.Popen([str(COMMAND), "worker"], env=given, stdout=log, stderr=log)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


@pytest.fixture(scope="module", autouse=True)
def whisper() -> Path:
    """Whisper base, in the cache."""
    return install.get(Settings(), "whisper-base", Console())


def _record(settings: Settings, units: UowFactory, *, name: str = "a.wav", times: int = 1) -> int:
    """A message of `times` 10 s."""
    settings.recordings.mkdir(exist_ok=True)
    voice = (VOICES / "zh-message-02.wav").read_bytes()
    (settings.recordings / name).write_bytes(voice[:40] + bytes(4) + voice[44:] * times)
    with units() as uow:
        recording_id = add_recording(
            uow,
            RecordedFile(
                linkedid="1.1",
                path=name,
                purpose=Purpose.MESSAGE,
                language="zh",
                created_at=datetime.now(UTC),
            ),
        )
        uow.commit()
    return recording_id


def _in_state(
    units: UowFactory, recording_id: int, *states: TranscriptState
) -> Callable[[], StoredTranscript | None]:
    def look() -> StoredTranscript | None:
        with units() as uow:
            found = uow.transcripts.get(recording_id)
        return found if found is not None and found.state in states else None

    return look


def test_a_recording_becomes_text_and_the_worker_shows_that_it_lives(
    settings: Settings, uow_factory: UowFactory
) -> None:
    before = _record(settings, uow_factory)
    with working(settings) as worker:
        for recording_id in (before, _record(settings, uow_factory, name="b.wav")):
            found = until(
                _in_state(uow_factory, recording_id, TranscriptState.DONE), PATIENCE_S, "a transcript"
            )
            assert found is not None
            assert "发票" in found.text
            assert (found.engine, found.attempts) == ("whisper", 1)
        with uow_factory() as uow:
            age_s = heartbeat.age_s(uow.session, "worker")
        assert age_s is not None
        assert age_s < heartbeat.ALIVE_S
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) >= 10
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0


def test_without_a_model_it_waits_until_one_is_there(
    settings: Settings, uow_factory: UowFactory, whisper: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    recording_id = _record(settings, uow_factory)
    with working(settings, XDG_CACHE_HOME=str(cache)):
        found = until(_in_state(uow_factory, recording_id, TranscriptState.FAILED), PATIENCE_S, "a failure")
        assert found is not None
        assert "shouwen models get whisper-base" in (found.reason or "")
        folder = cache / "shouwen" / "models"
        folder.mkdir(parents=True)
        (folder / "whisper-base").symlink_to(whisper)
        until(_in_state(uow_factory, recording_id, TranscriptState.DONE), PATIENCE_S, "a transcript")


def test_killed_in_the_middle_it_begins_again(settings: Settings, uow_factory: UowFactory) -> None:
    """The second worker waits until the first one's job is stalled and its try's pause is over: some 10 s."""
    recording_id = _record(settings, uow_factory, times=3)

    def begun() -> bool:
        with uow_factory() as uow:
            found = uow.transcripts.get(recording_id)
        return found is not None and found.attempts == 1

    with working(settings) as worker:
        until(begun, PATIENCE_S, "the first try")
        worker.kill()
        worker.wait()
    assert _in_state(uow_factory, recording_id, TranscriptState.PENDING)()
    with working(settings):
        found = until(_in_state(uow_factory, recording_id, TranscriptState.DONE), PATIENCE_S, "a transcript")
    assert found is not None
    assert found.attempts == 2


@pytest.fixture
def server() -> Iterator[Path]:
    """A folder for a PostgreSQL of the test's own, which it may kill."""
    with server_folder() as folder:
        yield folder


def test_it_outlives_its_database(server: Path, tmp_path: Path, rule_book: RuleBook) -> None:
    where = place(server / "postgres")
    url = socket_url(where.sockets)
    log = server / "postgres.log"
    postgres.initialise(where, log, safe=False)
    database = postgres.launch(where, log)
    try:
        postgres.wait_ready(database, url)
        postgres.ensure_database(url)
        migrate.upgrade(url)
        settings = Settings(home=tmp_path, database_url=url)
        engine = create_engine(url)
        units = unit_of_work_factory(settings, deadline_s=10, engine=engine, rules=rule_book)
        with working(settings) as worker:
            first = _record(settings, units)
            until(_in_state(units, first, TranscriptState.DONE), PATIENCE_S, "a transcript")
            postgres.stop(database)
            engine.dispose()
            out_of_reach = "the queue is out of reach"
            until(lambda: out_of_reach in (tmp_path / "worker.log").read_text(), PATIENCE_S, out_of_reach)
            database = postgres.launch(where, log)
            postgres.wait_ready(database, url)
            second = _record(settings, units, name="b.wav")
            until(_in_state(units, second, TranscriptState.DONE), PATIENCE_S, "a transcript")
            assert worker.poll() is None
        engine.dispose()
    finally:
        postgres.stop(database)
        if where.sockets.parent != where.folder:
            shutil.rmtree(where.sockets.parent, ignore_errors=True)


def test_jobs_that_are_done_are_gone_from_the_queue(settings: Settings, uow_factory: UowFactory) -> None:
    recording_id = _record(settings, uow_factory)
    dsn = (
        make_url(str(settings.database_url))
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )
    with working(settings), psycopg.connect(dsn, autocommit=True) as connection:
        until(_in_state(uow_factory, recording_id, TranscriptState.DONE), PATIENCE_S, "a transcript")

        def none_left() -> bool:
            row = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
            return row == (0,)

        until(none_left, PATIENCE_S, "an empty queue")
