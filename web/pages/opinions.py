"""The opinion of the person served: staff make a link, the person answers by it without a login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from callcenter.domain.opinions import LINK_LASTS
from callcenter.domain.tickets import Status
from callcenter.services.opinions import LinkOver, LinkUsed, Question, answer_by_link, look_up, make_link
from callcenter.services.rules import rules_of
from callcenter.services.steps import BadStep
from web.changing import ticket_to_change
from web.console import Console
from web.deps import ConsoleDep, FormDep, PageDep, SpeechDep
from web.i18n import N_, Speech
from web.rate_limit import RateLimit
from web.reading import remember_language, text_of
from web.speaking import language_links
from web.views.tickets import name_of

router = APIRouter()
CHOOSE = N_("Please choose an answer.")


@router.post("/tickets/{number}/opinion-link")
def ask(page: PageDep, form: FormDep, number: str) -> HTMLResponse:
    """A new link, shown this once."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        ticket_to_change(work, number, viewer, now)
        token = make_link(work, number, viewer.person, now)
        work.commit()
    link = address(page.console, page.request, token)
    return page("opinions/link.html", "tickets", number=number, link=link, until=now + LINK_LASTS)


def address(console: Console, request: Request, token: str) -> str:
    """Where the person served finds the page."""
    base = console.settings.public_url or str(request.base_url).rstrip("/")
    return f"{base}/s/{token}"


@router.get("/s/{token}")
def question(request: Request, console: ConsoleDep, say: SpeechDep, token: str) -> HTMLResponse:
    """The question; of the matter no more than number and day."""
    if not may_look(request):
        return _page(request, console, say, "many", status=429)
    try:
        with console.work() as work:
            asked = look_up(work, token, console.clock())
            values = _asked(asked, rules_of(work, asked.ticket).policy.title, say)
    except LinkUsed:
        return _page(request, console, say, "used")
    except LinkOver:
        return _page(request, console, say, "over", status=404)
    return _page(request, console, say, "ask", **values)


async def plain_form(request: Request) -> FormData:
    """The fields as they came: the link itself is the proof."""
    return await request.form(max_files=0, max_fields=10)


@router.post("/s/{token}")
def answer(
    request: Request,
    console: ConsoleDep,
    say: SpeechDep,
    form: Annotated[FormData, Depends(plain_form)],
    token: str,
) -> HTMLResponse:
    """The answer, once."""
    if not may_look(request):
        return _page(request, console, say, "many", status=429)
    chosen, remark = text_of(form, "answer"), text_of(form, "remark")
    now = console.clock()
    values: dict[str, Any] = {}
    try:
        with console.work() as work:
            asked = look_up(work, token, now)
            values = _asked(asked, rules_of(work, asked.ticket).policy.title, say)
            ticket = answer_by_link(work, token, chosen, remark, now)
            work.commit()
    except LinkUsed:
        return _page(request, console, say, "used", status=409)
    except LinkOver:
        return _page(request, console, say, "over", status=404)
    except BadStep:
        kept = {"problem": say.gettext(CHOOSE), "chosen": chosen, "remark": remark}
        return _page(request, console, say, "ask", status=422, **(values | kept))
    return _page(request, console, say, "thanks", **(values | {"again": ticket.status is Status.OPEN}))


def _asked(asked: Question, titles: Mapping[str, str], say: Speech) -> dict[str, Any]:
    return {
        "centre": titles.get(say.language) or next(iter(titles.values())),
        "number": asked.ticket.number,
        "day": asked.ticket.resolved_at,
        "answers": [(each.key, name_of(asked.answers, each.key, say)) for each in asked.answers],
    }


def _page(
    request: Request, console: Console, say: Speech, state: str, *, status: int = 200, **given: Any
) -> HTMLResponse:
    titles = console.rules.policy.title
    values: dict[str, Any] = {
        "state": state,
        "centre": titles.get(say.language) or next(iter(titles.values())),
        "number": "",
        "day": None,
        "answers": [],
        "problem": "",
        "chosen": "",
        "remark": "",
        "again": False,
        "supervision": console.rules.policy.supervision.contact.get(say.language, ""),
        "language_links": language_links(request),
    }
    response = console.page("opinions/answer.html", say, {**values, **given})
    response.status_code = status
    response.headers["x-robots-tag"] = "noindex"
    response.headers["referrer-policy"] = "no-referrer"
    remember_language(request, response)
    return response


def may_look(request: Request) -> bool:
    """Whether this address may ask for such a page now: the secret is long, yet nobody guesses at our expense."""
    looks: RateLimit = request.app.state.looks
    return looks.allows(request.client.host if request.client else "")
