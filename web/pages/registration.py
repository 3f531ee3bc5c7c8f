"""Registering a matter by hand, from any door; the fields follow the door and the kind of matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.policy import Policy
from callcenter.services.registration import NotFree
from callcenter.services.tickets import BadForm, register
from web.deps import FormDep, PageDep
from web.pages import ticket_form
from web.pages.ticket_form import PREFIX, Blank
from web.reading import Page, go, text_of
from web.views import registration as view
from web.views.step_words import OWN_FIELDS
from web.views.tickets import name_of

router = APIRouter()
EXTRA = ("channel", "happened_at", "handed_to", "handover")
Key = Annotated[str, Query(max_length=50)]


@router.get("/register")
def show_form(page: PageDep, channel: Key = "", kind: Key = "") -> HTMLResponse:
    """The form for a door and a kind; the door is the counter and the kind the policy's first until one is chosen."""
    return _show(page, Blank(channel=channel, kind=kind))


@router.post("/register/change")
def change(page: PageDep, form: FormDep) -> HTMLResponse:
    """The form for another door or kind, with what was typed already."""
    return _show(page, _typed(form))


@router.post("/register")
def register_matter(page: PageDep, form: FormDep) -> Response:
    """A ticket that is the reader's for good; or the form again, with what is wrong at each field."""
    fields, now, viewer = _typed(form), page.console.clock(), page.reader.viewer
    policy = page.console.rules.policy
    fields["channel"] = view.choice(fields["channel"], (each.key for each in policy.channels), "")
    problems = _problems(page, policy, fields)
    if problems:
        return _show(page, fields, problems, status=422)
    happened_at, _ = view.read_time(_time_of(policy, fields), page.console.settings.zone, now)
    own = ticket_form.own_fields(policy, fields["channel"], fields["kind"])
    try:
        with page.console.work() as work:
            ticket = register(
                work,
                channel=fields["channel"],
                form=ticket_form.filled_in(fields, own),
                actor=viewer.person,
                now=now,
                happened_at=happened_at,
                handed_to=fields["handed_to"] or None,
                handover=fields["handover"],
            )
            work.commit()
    except BadForm as error:
        return _show(page, fields, _refused(error), status=422)
    return go(f"/tickets/{ticket.number}", "registered")


def _typed(form: Any) -> Blank:
    fields = ticket_form.typed(form)
    return Blank(fields | {name: text_of(form, name) for name in EXTRA})


def _time_of(policy: Policy, fields: Mapping[str, str]) -> str:
    return fields["happened_at"] if view.asks_for_time(policy, fields["channel"]) else ""


def _problems(page: Page, policy: Policy, fields: Blank) -> dict[str, str]:
    """Everything that is wrong, by field."""
    channel, kind = fields["channel"], fields["kind"]
    found = ticket_form.problems(fields)
    if not channel:
        found["channel"] = ticket_form.UNKNOWN_CHOICE
    if policy.kind(kind) is None:
        found["kind"] = ticket_form.UNKNOWN_CHOICE
    if fields["complexity"] not in {each.key for each in policy.complexities}:
        found["complexity"] = ticket_form.UNKNOWN_CHOICE
    if not found.keys() & {"channel", "kind", "wished_reply"}:
        form = ticket_form.filled_in(fields, ticket_form.own_fields(policy, channel, kind))
        for key in view.not_filled_in(policy, channel, form):
            found.setdefault(key if key in OWN_FIELDS else PREFIX + key, ticket_form.FILL_IN)
    _, fault = view.read_time(_time_of(policy, fields), page.console.settings.zone, page.console.clock())
    if fault:
        found["happened_at"] = fault
    if fields["handed_to"] and not fields["handover"]:
        found["handover"] = view.NO_HANDOVER
    return found


def _refused(error: BadForm) -> dict[str, str]:
    """What the use case refused: who is free may have changed since the form was shown."""
    if error.field == "handed_to":
        in_a_call = isinstance(error, NotFree) and error.in_a_call
        return {"handed_to": view.IN_A_CALL if in_a_call else view.NOT_FREE}
    return ticket_form.refused(error)


def _show(
    page: Page, fields: Blank, errors: Mapping[str, str] | None = None, *, status: int = 200
) -> HTMLResponse:
    say, policy, viewer = page.say, page.console.rules.policy, page.reader.viewer
    known = [each.key for each in policy.channels]
    channel = view.choice(fields["channel"], known, view.WALK_IN if view.WALK_IN in known else known[0])
    kind = view.choice(fields["kind"], (each.key for each in policy.kinds), policy.kinds[0].key)
    fields |= {"channel": channel, "kind": kind}
    fields["complexity"] = fields["complexity"] or policy.default_complexity
    with page.console.work() as work:
        free = view.colleagues(work.staff.everybody(), work.calls.live(), viewer.extension)
    now = page.console.clock().astimezone(page.console.settings.zone)
    return page(
        "registration/form.html",
        "register",
        code=status,
        form=fields,
        errors=Blank({key: say.gettext(message) for key, message in (errors or {}).items()}),
        doors=[
            (each.key, name_of(policy.channels, each.key, say), view.icon_of(each.key))
            for each in policy.channels
        ],
        kinds=[(each.key, name_of(policy.kinds, each.key, say), "") for each in policy.kinds],
        complexities=[
            (each.key, name_of(policy.complexities, each.key, say)) for each in policy.complexities
        ],
        own_fields=ticket_form.shown_fields(policy, channel, kind, say),
        needed=Blank(ticket_form.needed_of(policy, channel, kind)),
        by_phone=channel == view.PHONE,
        asks_for_time=view.asks_for_time(policy, channel),
        latest=now.strftime("%Y-%m-%dT%H:%M"),
        colleagues=free if channel == view.WALK_IN else [],
        at_counter=channel == view.WALK_IN,
    )
