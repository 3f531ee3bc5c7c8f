"""Logging in and out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcenter.services.accounts import LoginRefused, log_in, log_out
from web import csrf
from web.console import Console
from web.cookies import LOGIN_S, drop, keep, login_name, session_name, session_of
from web.deps import ConsoleDep, FormDep, ReaderDep, SpeechDep, resolve_session
from web.errors import NotLoggedIn
from web.i18n import N_, Speech
from web.reading import remember_language, text_of
from web.speaking import language_links

router = APIRouter()
WRONG = N_("User name or password is wrong.")
STALE = N_("The page was open for too long. Please try again.")


def safe_path(wish: str) -> str:
    """The page to go to after the login: one of our own, else the desk."""
    parts = urlsplit(wish)
    ours = wish.startswith("/") and not wish.startswith("//") and "\\" not in wish and wish.isprintable()
    return wish if ours and not parts.scheme and not parts.netloc else "/"


def form_page(
    request: Request,
    console: Console,
    say: Speech,
    *,
    wish: str,
    username: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The login form, tied to a cookie of its own: another site can neither read nor forge it."""
    secret = request.cookies.get(login_name(request)) or secrets.token_urlsafe(32)
    values = {
        "csrf_token": csrf.token_for(secret),
        "next": wish,
        "username": username,
        "problem": problem,
        "language_links": language_links(request),
    }
    response = console.page("login.html", say, values)
    response.status_code = status
    keep(response, request, login_name(request), secret, age_s=LOGIN_S)
    remember_language(request, response)
    return response


@router.get("/login", name="login_form")
def login_form(
    request: Request,
    console: ConsoleDep,
    say: SpeechDep,
    wish: Annotated[str, Query(alias="next", max_length=500)] = "/",
) -> Response:
    """The form; who is logged in already goes on."""
    secret = session_of(request)
    if secret:
        try:
            resolve_session(console, secret)
        except NotLoggedIn:
            pass
        else:
            return RedirectResponse(safe_path(wish), status_code=303)
    return form_page(request, console, say, wish=safe_path(wish))


async def login_fields(request: Request) -> FormData:
    """The fields as they came; nobody is logged in yet, so the handler checks where they came from."""
    return await request.form()


@router.post("/login")
def log_in_by_form(
    request: Request, console: ConsoleDep, say: SpeechDep, form: Annotated[FormData, Depends(login_fields)]
) -> Response:
    """A new session, whatever session the browser had before; or the form again."""
    wish, username = safe_path(text_of(form, "next")), text_of(form, "username")[:200]
    secret = request.cookies.get(login_name(request))
    expected = csrf.token_for(secret) if secret else None
    if not csrf.equal(expected, form.get(csrf.FIELD)):
        return form_page(
            request, console, say, wish=wish, username=username, problem=say.gettext(STALE), status=403
        )
    password = form.get("password")
    with console.work() as work:
        old = session_of(request)
        result = log_in(
            work,
            username=username,
            password=password[:1000] if isinstance(password, str) else "",
            address=request.client.host if request.client else "",
            now=console.clock(),
        )
        if old and not isinstance(result, LoginRefused):
            log_out(work, old)
        work.commit()
    if isinstance(result, LoginRefused):
        return _refused(request, console, say, wish=wish, username=username, wait=result.wait)
    response = RedirectResponse(wish, status_code=303)
    age = result.expires_at - console.clock()
    keep(response, request, session_name(request), result.token, age_s=int(age.total_seconds()))
    drop(response, request, login_name(request))
    return response


def _refused(
    request: Request, console: Console, say: Speech, *, wish: str, username: str, wait: timedelta
) -> HTMLResponse:
    if not wait:
        problem = say.gettext(WRONG)
        return form_page(request, console, say, wish=wish, username=username, problem=problem, status=401)
    problem = say.gettext("Too many attempts. Please wait %(span)s.") % {"span": say.span(wait)}
    response = form_page(request, console, say, wish=wish, username=username, problem=problem, status=429)
    response.headers["retry-after"] = str(max(1, round(wait.total_seconds())))
    return response


@router.post("/logout")
def log_out_by_form(request: Request, console: ConsoleDep, reader: ReaderDep, form: FormDep) -> Response:
    """The session ends here and in the database."""
    with console.work() as work:
        log_out(work, reader.secret)
        work.commit()
    response = RedirectResponse("/login", status_code=303)
    drop(response, request, session_name(request))
    return response
