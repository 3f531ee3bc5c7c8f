"""The job queue: Procrastinate in a schema of its own, to be thrown away at will: the rows are the truth."""

from __future__ import annotations

import procrastinate
import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy.engine import make_url

SCHEMA = "procrastinate"
QUEUE = "transcripts"
STALLED_S = 10
"""A worker that gave no sign for so long is dead, and what it was doing is not being done."""

_LOCK = 0x53_48_4F_55
_LIVE = """
    SELECT (job.args ->> 'recording_id')::bigint AS recording_id
    FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'todo'
       OR (job.status = 'doing' AND worker.last_heartbeat > now() - make_interval(secs => %(stalled_s)s))
"""


def plain_dsn(url: str) -> str:
    """A psycopg connection string of an SQLAlchemy URL."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def connector(url: str) -> procrastinate.PsycopgConnector:
    """Connections that see the queue's schema first; one to a dead host is given up after some 10 s."""
    return procrastinate.PsycopgConnector(
        conninfo=plain_dsn(url),
        min_size=1,
        max_size=4,
        timeout=5.0,
        kwargs={
            "options": f"-c search_path={SCHEMA},public -c timezone=UTC",
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )


def ensure_schema(url: str) -> None:
    """Have Procrastinate's tables of the version installed here.

    Those of another version are thrown away with the jobs in them: the sweep queues again what is to be done.
    """
    version = procrastinate.__version__
    name = sql.Identifier(SCHEMA)
    with psycopg.connect(plain_dsn(url), connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [SCHEMA]
        ).fetchone()
        if found == (version,):
            return
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        connection.execute(sql.SQL("SET LOCAL search_path TO {}, public").format(name))
        connection.execute(SchemaManager.get_schema().encode())
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(version)))


async def live_recordings(app: procrastinate.App) -> set[int]:
    """Recordings that have a job which waits or is being done by a worker that lives."""
    rows = await app.connector.execute_query_all_async(_LIVE, stalled_s=STALLED_S)
    return {int(row["recording_id"]) for row in rows}
