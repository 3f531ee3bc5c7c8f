"""The desk: calls now, what is mine, what is nobody's; as a page and, for polling, as the board alone."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from web import seeing
from web.deps import PageDep
from web.live.snapshot import read_snapshot, view_for
from web.reading import Page

router = APIRouter()


def _render(page: Page, template: str) -> HTMLResponse:
    console = page.console
    now = console.clock()
    with console.work() as work:
        snapshot = read_snapshot(work, now, console.settings.zone)
        seeing.board(work, page.reader.viewer, snapshot.tickets, snapshot.live + snapshot.recent, now)
    captions = console.settings.captions == "on"
    return page(template, "desk", captions=captions, **view_for(snapshot, page.reader.viewer, page.say, now))


@router.get("/")
def desk(page: PageDep) -> HTMLResponse:
    """The page."""
    return _render(page, "desk.html")


@router.get("/board")
def board(page: PageDep) -> HTMLResponse:
    """The board alone."""
    return _render(page, "parts/board.html")
