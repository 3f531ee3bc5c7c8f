"""The policies in plain words: which there are, and what one says."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from callcenter.policy_words import policy_text
from web.deps import PageDep
from web.views.policies import summaries

router = APIRouter()


@router.get("/policy")
def list_all(page: PageDep) -> HTMLResponse:
    """Every policy, the one for new tickets first."""
    console = page.console
    return page(
        "policies/list.html",
        "policy",
        policies=summaries(console.rulebook, console.settings.own_policies, page.say),
    )


@router.get("/policy/{name}")
def show_one(page: PageDep, name: str) -> HTMLResponse:
    """One policy in the reader's language; 404 if there is none of this name."""
    console = page.console
    policy = console.rulebook.of(name).policy
    known = {each.name: each for each in summaries(console.rulebook, console.settings.own_policies, page.say)}
    return page(
        "policies/one.html", "policy", policy=known[name], text=policy_text(policy, page.say.language)
    )
