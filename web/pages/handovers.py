"""Handing a caller on with a typed briefing: the form of the call's page, its draft, and the card that follows it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from callcenter.domain.briefings import BadBriefing
from callcenter.errors import ShouwenError
from callcenter.services.typed_handoffs import (
    NoColleague,
    NotWithACaller,
    NotYourCall,
    draft_briefing,
    request_handoff,
)
from web.deps import FormDep, PageDep
from web.i18n import N_
from web.pages.calls import Again, hand_over_of, read_one, show_one
from web.reading import go, text_of

router = APIRouter(prefix="/calls/{linkedid}/hand-over")
FAULTS: dict[type[ShouwenError], tuple[str, str]] = {
    BadBriefing: ("text", N_("Please write 1 to 500 characters.")),
    NoColleague: ("to", N_("Please choose a colleague who is on duty and not in a call.")),
    NotWithACaller: ("", N_("The caller has hung up, leaves a message, or is being handed on already.")),
}


@router.post("")
def hand_over(page: PageDep, form: FormDep, linkedid: str) -> Response:
    """Ask the desk to hand the reader's caller on; only whoever has the caller may."""
    to, text = text_of(form, "to"), text_of(form, "text")
    try:
        with page.console.work() as work:
            request_handoff(
                work,
                linkedid,
                to=to,
                text=text,
                actor=page.reader.viewer.person,
                now=page.console.clock(),
                language=page.console.settings.language,
            )
            work.commit()
    except (BadBriefing, NoColleague, NotWithACaller) as error:
        field, fault = FAULTS[type(error)]
        return show_one(page, linkedid, Again(to=to, text=text, field=field, fault=fault), status=422)
    return go(f"/calls/{linkedid}", "handing-over")


@router.post("/draft")
def draft(page: PageDep, form: FormDep, linkedid: str) -> Response:
    """What is typed so far, so that the voice has begun when the form is sent. Nothing is kept of it."""
    try:
        with page.console.work() as work:
            draft_briefing(
                work,
                linkedid,
                text=text_of(form, "text"),
                actor=page.reader.viewer.person,
                now=page.console.clock(),
                language=page.console.settings.language,
            )
            work.commit()
    except (BadBriefing, NotWithACaller, NotYourCall):
        pass  # half a text, or a call that is over: the form says so when it is sent
    return Response(status_code=204)


@router.get("")
def card(page: PageDep, linkedid: str) -> HTMLResponse:
    """The card alone: the page asks for it while the caller is on the way."""
    with page.console.work() as work:
        one = read_one(work, linkedid)
        card = hand_over_of(work, page, one)
    return page("parts/hand_over_alone.html", "calls", call=one.call, hand_over=card, again=Again())
