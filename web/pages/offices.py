"""The directory of offices: what each is responsible for, how to reach it, what waits there (S1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import HTMLResponse

from callcenter.services.analysis import offices, open_matters
from callcenter.services.rules import policies_of
from web.deps import PageDep
from web.views.tickets import name_of

router = APIRouter(prefix="/offices")
LISTED = 300


@router.get("")
def directory(page: PageDep, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """All offices, or those that have the words."""
    with page.console.work() as work:
        found = offices(work, q)
    contact = page.console.rules.policy.supervision.contact.get(page.say.language, "")
    return page("offices/list.html", "offices", found=found, q=q, supervision=contact)


@router.get("/{key}")
def one_office(page: PageDep, key: Annotated[str, Path(max_length=100)]) -> HTMLResponse:
    """One office with the unfinished matters that it was passed."""
    say = page.say
    with page.console.work() as work:
        office, found = open_matters(work, key, LISTED + 1)
        policies = policies_of(work, work.tickets.many(matter.number for matter in found))
    return page(
        "offices/one.html",
        "offices",
        office=office,
        found=found[:LISTED],
        more=len(found) > LISTED,
        listed=LISTED,
        kind_name=lambda matter: name_of(policies[matter.number].kinds, matter.kind, say),
    )
