"""Where the database is: at SHOUWEN_DATABASE_URL, else the embedded one behind a Unix socket in the home."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from callcenter.errors import ShouwenError
from callcenter.settings import Settings
from callcenter.sockets import socket_folder

NAME = "shouwen"
"""The embedded database and its one role."""

_SOCKET = ".s.PGSQL.5432"


class DatabaseUrlWrong(ShouwenError):
    """SHOUWEN_DATABASE_URL must read postgresql://user:password@host/name."""


def database_url(settings: Settings) -> str:
    """SQLAlchemy URL (postgresql+psycopg) of SHOUWEN_DATABASE_URL, else of the embedded database."""
    if settings.database_url is None:
        return socket_url(sockets_in(embedded_folder(settings)))
    try:
        url = sqlalchemy.make_url(settings.database_url)
    except sqlalchemy.exc.ArgumentError as error:
        raise DatabaseUrlWrong from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseUrlWrong
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded PostgreSQL keeps everything."""
    return settings.home / "postgres"


def sockets_in(folder: Path) -> Path:
    """The folder of the socket of an embedded PostgreSQL that keeps everything in `folder`."""
    return socket_folder(folder / "run", _SOCKET)


def socket_url(sockets: Path) -> str:
    """SQLAlchemy URL of the embedded database behind a Unix socket in that folder."""
    url = sqlalchemy.URL.create(
        "postgresql+psycopg", username=NAME, database=NAME, query={"host": str(sockets)}
    )
    return url.render_as_string(hide_password=False)
