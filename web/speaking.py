"""Which language a request is answered in."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from web.cookies import LANGUAGE
from web.i18n import LANGUAGES, Speech, choose


def speech_of(connection: HTTPConnection) -> Speech:
    """The language of the link, the cookie, the browser or the centre, in this order."""
    console = connection.app.state.console
    language = choose(
        connection.query_params.get("lang"),
        connection.cookies.get(LANGUAGE),
        connection.headers.get("accept-language"),
        console.settings.language,
    )
    speech: Speech = console.speeches[language]
    return speech


def chosen(connection: HTTPConnection) -> str | None:
    """The language that a link asks for, to be remembered; None if it asks for none."""
    wish = connection.query_params.get("lang")
    return wish if wish in LANGUAGES else None


def language_links(connection: HTTPConnection) -> dict[str, str]:
    """For each language, the address of this page in it."""
    return {
        language: "?" + str(connection.url.include_query_params(lang=language).query)
        for language in LANGUAGES
    }
