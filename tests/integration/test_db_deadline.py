"""A frozen PostgreSQL: every transaction ends in time, and the pool is well again when the server is."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.db.engine import create_engine
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.policy import RuleBook
from callcenter.passwords import Argon2Passwords
from callcenter.runtime.postgres import temporary_postgres
from tests.polling import until
from tests.support.databases import server_folder

DEADLINE_S = 2.0
FAILS_WITHIN_S = 2.5


class Server:
    """A server that can be frozen whole."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        self._main = psutil.Process(pid)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While in here nothing of it runs."""
        stopped = [self._main, *self._main.children(recursive=True)]
        for process in stopped:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                if process.is_running():
                    os.kill(process.pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this file's own."""
    with server_folder() as folder, temporary_postgres(folder / "postgres") as url:
        yield Server(folder / "postgres", url)


UowMaker = Callable[..., SqlUnitOfWork]


@pytest.fixture
def work(server: Server, rule_book: RuleBook) -> Iterator[UowMaker]:
    """Makes units of work on that server, with the deadline of the web."""
    engine = create_engine(server.url, pool_size=2, max_overflow=1)

    def make(deadline_s: float = DEADLINE_S) -> SqlUnitOfWork:
        return SqlUnitOfWork(engine, rules=rule_book, passwords=Argon2Passwords(), deadline_s=deadline_s)

    yield make
    engine.dispose()


def ask(work: UowMaker) -> int:
    """One question to the database."""
    with work() as uow:
        answer: int = uow.session.execute(text("SELECT 1")).scalar_one()
        uow.commit()
    return answer


def fails_in_time(work: UowMaker) -> None:
    """The question is given up on."""
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        ask(work)
    assert time.monotonic() - began < FAILS_WITHIN_S


def test_a_frozen_server_is_given_up_on_and_comes_back(server: Server, work: UowMaker) -> None:
    assert ask(work) == 1
    with server.frozen():
        fails_in_time(work)
        # now without a connection in the pool: opening one is bounded too
        fails_in_time(work)
    assert ask(work) == 1


def test_the_first_connection_of_all_is_bounded(server: Server, work: UowMaker) -> None:
    with server.frozen():
        fails_in_time(work)
    assert ask(work) == 1


def test_many_at_once_all_end_in_time(server: Server, work: UowMaker) -> None:
    assert ask(work) == 1
    took: list[float] = []

    def try_it() -> None:
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            ask(work)
        took.append(time.monotonic() - began)

    with server.frozen():
        threads = [threading.Thread(target=try_it) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(took) == 12
    assert max(took) < FAILS_WITHIN_S
    assert ask(work) == 1


def test_frozen_in_the_middle_also_ends_a_rollback_and_a_commit(server: Server, work: UowMaker) -> None:
    def change_and(end: str) -> None:
        with work() as uow:
            uow.session.execute(text("CREATE TABLE lost (id int)"))
            with server.frozen():
                if end == "commit":
                    uow.commit()
                else:
                    uow.__exit__(None, None, None)

    for end in ("rollback", "commit"):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            change_and(end)
        assert time.monotonic() - began < FAILS_WITHIN_S
        assert ask(work) == 1


def test_a_slow_statement_is_cut_off_and_its_server_process_ends(server: Server, work: UowMaker) -> None:
    with pytest.raises(DatabaseUnavailable), work(0.3) as uow:
        uow.session.execute(text("SELECT pg_sleep(60)"))

    def nobody_sleeps() -> bool:
        with work() as uow:
            query = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
            return bool(uow.session.execute(text(query)).scalar_one() == 0)

    until(nobody_sleeps, within_s=5)


def test_an_error_of_the_body_is_not_taken_for_a_dead_database(work: UowMaker) -> None:
    def look_up() -> None:
        with work() as uow:
            uow.session.execute(text("SELECT 1"))
            raise LookupError

    with pytest.raises(LookupError):
        look_up()
    assert ask(work) == 1


def test_a_finished_transaction_is_left_alone(work: UowMaker) -> None:
    with work(0.2) as uow:
        connection = uow.session.connection().connection.dbapi_connection
        uow.session.execute(text("SELECT 1"))
    over = threading.Event()
    over.wait(0.4)
    assert isinstance(connection, psycopg.Connection)
    assert not connection.closed
    assert ask(work) == 1


def test_nobody_there_is_unavailable_too(rule_book: RuleBook) -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    with (
        pytest.raises(DatabaseUnavailable),
        SqlUnitOfWork(engine, rules=rule_book, passwords=Argon2Passwords(), deadline_s=2),
    ):
        pass
    engine.dispose()
