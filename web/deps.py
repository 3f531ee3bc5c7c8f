"""What handlers ask for, as Annotated aliases: the console, the reader, a checked form, a page to fill."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator
from starlette.datastructures import FormData

from callcenter.services.accounts import resolve_login, resolve_token
from callcenter.services.steps import decides
from callcenter.services.ticket_lists import LONGEST_PAGE
from web import csrf
from web.console import Console
from web.cookies import session_of
from web.errors import BadToken, ForgedForm, NotForYou, NotLoggedIn
from web.i18n import Speech
from web.reading import Page, Reader
from web.speaking import speech_of
from web.viewer import Viewer


def get_console(request: Request) -> Console:
    """What `create_app` built."""
    console: Console = request.app.state.console
    return console


ConsoleDep = Annotated[Console, Depends(get_console)]


def get_speech(request: Request) -> Speech:
    """The reader's language."""
    return speech_of(request)


SpeechDep = Annotated[Speech, Depends(get_speech)]


def get_reader(request: Request, console: ConsoleDep) -> Reader:
    """Whose session the cookie belongs to; raises NotLoggedIn."""
    secret = session_of(request)
    if not secret:
        raise NotLoggedIn
    return resolve_session(console, secret)


def resolve_session(console: Console, secret: str) -> Reader:
    """The reader behind a session's secret; raises NotLoggedIn."""
    with console.work() as work:
        login = resolve_login(work, secret, now=console.clock())
        member = work.staff.get(login.person.extension) if login else None
        unseen = work.reminders.unseen(member.extension) if member else 0
        is_decider = member is not None and decides(work, member.extension, console.clock())
        work.commit()
    if login is None or member is None:
        raise NotLoggedIn
    return Reader(viewer=Viewer.of(member), csrf=login.csrf, secret=secret, unseen=unseen, decides=is_decider)


ReaderDep = Annotated[Reader, Depends(get_reader)]


async def get_form(request: Request, reader: ReaderDep) -> FormData:
    """The fields of a form that came from one of our own pages; raises ForgedForm."""
    form = await request.form()
    given = form.get(csrf.FIELD) or request.headers.get(csrf.HEADER)
    if not csrf.equal(reader.csrf, given):
        raise ForgedForm
    return form


FormDep = Annotated[FormData, Depends(get_form)]


def get_program(
    console: ConsoleDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))],
) -> Viewer:
    """The program behind a bearer token; raises BadToken."""
    if bearer is None:
        raise BadToken
    with console.work() as work:
        token = resolve_token(work, bearer.credentials, now=console.clock())
        work.commit()
    if token is None:
        raise BadToken
    return Viewer(extension="", name=token.name, role=token.role)


ProgramDep = Annotated[Viewer, Depends(get_program)]


def get_managers_program(program: ProgramDep) -> Viewer:
    """A program with a manager's token; raises NotForYou for any other."""
    if not program.is_manager:
        raise NotForYou
    return program


ManagersProgramDep = Annotated[Viewer, Depends(get_managers_program)]
RowId = Annotated[int, AfterValidator(lambda number: number if 0 < number < 2**63 else 0)]
"""The number of a row; one that no row can have is 0, which is not there either."""
Since = Annotated[
    str | None, Query(alias="from", max_length=40, description="a day such as 2026-11-01, or an instant")
]
Until = Annotated[
    str | None,
    Query(alias="to", max_length=40, description="the last day, or the instant before which it ends"),
]
Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="items on a page")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before")]


def get_page(request: Request, console: ConsoleDep, say: SpeechDep, reader: ReaderDep) -> Page:
    """A page to fill for the reader."""
    return Page(request=request, console=console, say=say, reader=reader)


PageDep = Annotated[Page, Depends(get_page)]


def get_manager_page(page: PageDep) -> Page:
    """A page for a manager; raises NotForYou for anybody else."""
    if not page.reader.viewer.is_manager:
        raise NotForYou
    return page


ManagerPageDep = Annotated[Page, Depends(get_manager_page)]


def get_deciders_page(page: PageDep) -> Page:
    """A page for the head, or whoever stands in for them; raises NotForYou for anybody else."""
    if not page.reader.decides:
        raise NotForYou
    return page


DecidersPageDep = Annotated[Page, Depends(get_deciders_page)]
