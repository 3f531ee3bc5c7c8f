"""The cookies of the console and the attributes that keep them in place."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

LANGUAGE = "shouwen_language"
YEAR_S = 365 * 24 * 3600
LOGIN_S = 3600


def is_https(connection: HTTPConnection) -> bool:
    """Whether the browser reached us over TLS (uvicorn trusts a proxy's word on this machine only)."""
    return connection.url.scheme in ("https", "wss")


def session_name(connection: HTTPConnection) -> str:
    """The session cookie; over TLS its name ties it to this host."""
    return "__Host-shouwen_session" if is_https(connection) else "shouwen_session"


def login_name(connection: HTTPConnection) -> str:
    """The cookie that the login form is tied to before there is a session."""
    return "__Host-shouwen_login" if is_https(connection) else "shouwen_login"


def session_of(connection: HTTPConnection) -> str | None:
    """The session's secret as the browser sent it."""
    return connection.cookies.get(session_name(connection))


def keep(response: Response, connection: HTTPConnection, name: str, value: str, *, age_s: int) -> None:
    """Sets a cookie that scripts cannot read and other sites' forms do not carry."""
    response.set_cookie(
        name, value, max_age=age_s, path="/", httponly=True, secure=is_https(connection), samesite="lax"
    )


def drop(response: Response, connection: HTTPConnection, name: str) -> None:
    """Deletes a cookie set by `keep`."""
    response.delete_cookie(name, path="/", httponly=True, secure=is_https(connection), samesite="lax")
