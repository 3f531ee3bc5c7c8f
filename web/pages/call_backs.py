"""Calling back by one click, and the card that follows how it goes."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.access import Via
from callcenter.services.call_backs import CallBackUnderWay, request_call_back
from callcenter.services.tickets import get_ticket
from web import seeing
from web.deps import FormDep, PageDep
from web.pages.one_ticket import read_call
from web.reading import go
from web.views.call_backs import call_back_card

router = APIRouter(prefix="/tickets/{number}")


@router.post("/call-back")
def call_back(page: PageDep, form: FormDep, number: str) -> Response:
    """Ring the reader's own phone, then the ticket's number: the form carries none."""
    try:
        with page.console.work() as work:
            request_call_back(
                work,
                number,
                page.reader.viewer.person,
                page.console.clock(),
                barred=page.console.settings.barred,
            )
            work.commit()
    except CallBackUnderWay:
        return go(f"/tickets/{number}", "call-under-way")
    return go(f"/tickets/{number}", "calling")


@router.get("/call-backs")
def card(page: PageDep, number: str) -> HTMLResponse:
    """The card alone: the page asks for it while a call is under way."""
    now, viewer = page.console.clock(), page.reader.viewer
    with page.console.work() as work:
        ticket = get_ticket(work, number, now).ticket
        call = read_call(work, ticket)
        may_hear = viewer.may_hear(ticket, call)
        barred = page.console.settings.barred
        card = call_back_card(work, ticket, viewer, now, page.say, barred=barred, may_hear=may_hear)
        seeing.ticket(work, viewer, Via.PAGE, ticket, call, card.said, now)
    return page("parts/call_backs_alone.html", "tickets", ticket=ticket, call_backs=card)
