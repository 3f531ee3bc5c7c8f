"""A person at a screen, and the pages made for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from web.console import Console
from web.cookies import LANGUAGE, YEAR_S, keep
from web.flash import flash_of
from web.i18n import Speech
from web.speaking import chosen, language_links
from web.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who is logged in. `secret` is the session's cookie, `csrf` what their forms must carry."""

    viewer: Viewer
    csrf: str
    secret: str
    unseen: int = 0
    """How many reminders they have not seen."""
    decides: bool = False
    """Whether what waits for the head is theirs to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page for one reader: what every page shows is filled in."""

    request: Request
    console: Console
    say: Speech
    reader: Reader

    def __call__(self, template: str, here: str, *, code: int = 200, **values: Any) -> HTMLResponse:
        """The page; `here` names its place in the main menu."""
        common = {
            "me": self.reader.viewer,
            "csrf_token": self.reader.csrf,
            "here": here,
            "unseen": self.reader.unseen,
            "decides": self.reader.decides,
            "now": self.console.clock(),
            "flash": flash_of(self.request),
            "language_links": language_links(self.request),
        }
        response = self.console.page(template, self.say, {**common, **values})
        response.status_code = code
        remember_language(self.request, response)
        return response


def remember_language(request: Request, response: HTMLResponse) -> None:
    """A language chosen by link stays chosen."""
    if wish := chosen(request):
        keep(response, request, LANGUAGE, wish, age_s=YEAR_S)


def go(path: str, done: str = "") -> RedirectResponse:
    """To another page after a form, with a word on what was done."""
    return RedirectResponse(f"{path}?done={done}" if done else path, status_code=303)


def text_of(form: FormData, name: str) -> str:
    """One field as text; a missing one, or a file where text belongs, is empty."""
    value = form.get(name)
    if not isinstance(value, str):
        return ""
    # a form says itself how its bytes are to be read, and so can bring what neither UTF-8 nor the database holds
    return value.encode(errors="replace").decode().replace("\0", "").strip()
