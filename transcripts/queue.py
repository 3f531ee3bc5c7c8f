"""The job queue: Procrastinate, in the same database. It may lose jobs: the rows are the truth."""

from __future__ import annotations

import procrastinate
from sqlalchemy.engine import make_url

QUEUE = "transcripts"
STALLED_S = 10
"""A worker that gave no sign for so long is dead, and what it was doing is not being done."""

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
    """Connections for the queue; one to a dead host is given up after some 10 s."""
    return procrastinate.PsycopgConnector(
        conninfo=plain_dsn(url),
        min_size=1,
        max_size=4,
        timeout=5.0,
        kwargs={
            "options": "-c timezone=UTC",
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )


async def live_recordings(app: procrastinate.App) -> set[int]:
    """Recordings that have a job which waits or is being done by a worker that lives."""
    rows = await app.connector.execute_query_all_async(_LIVE, stalled_s=STALLED_S)
    return {int(row["recording_id"]) for row in rows}
