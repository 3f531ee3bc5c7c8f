"""A connection that the server closed while it lay in the pool is replaced, not handed out."""

from __future__ import annotations

import psycopg
from sqlalchemy import make_url, text

from tests.conftest import UowFactory
from tests.polling import until


def test_the_first_work_after_an_outage_succeeds(uow_factory: UowFactory, database_url: str) -> None:
    with uow_factory() as uow:
        backend = uow.session.scalar(text("SELECT pg_backend_pid()"))
    dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (backend,))
        gone = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        until(lambda: other.execute(gone, (backend,)).fetchone() is None)
    with uow_factory() as uow:
        assert uow.session.scalar(text("SELECT pg_backend_pid()")) != backend
