"""Absences: who is away, who stands in for whom, what happened meanwhile (S3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from callcenter.domain.absences import (
    Absence,
    AlreadyAway,
    BadSpan,
    Clash,
    CoverAway,
    NobodyStandsIn,
    Reason,
)
from callcenter.domain.access import Via
from callcenter.domain.chain import TicketEvent
from callcenter.services import absences
from callcenter.services.rosters import roster_of
from callcenter.services.rules import policies_of
from callcenter.services.staff import UnknownStaff
from callcenter.services.ticket_log import SYSTEM
from web import seeing
from web.deps import FormDep, ManagerPageDep, PageDep, RowId
from web.errors import NotForYou
from web.i18n import N_
from web.reading import Page, go, text_of
from web.viewer import Viewer
from web.views.ticket_story import ticket_story

router = APIRouter(prefix="/absences")
LATEST = 60


@router.get("")
def list_absences(page: PageDep) -> HTMLResponse:
    """The page."""
    return show(page)


def show(
    page: Page, *, errors: Mapping[str, str] | None = None, kept: FormData | None = None, code: int = 200
) -> HTMLResponse:
    """The page, with what was typed and what is wrong with it."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        roster = roster_of(work, now)
        found = work.absences.latest(None if viewer.is_manager else viewer.extension, LATEST)
        names = work.staff.names()
    members = list(roster.members.values())
    values = {
        "members": members,
        "names": names,
        "posts": roster.posts,
        "away": list(roster.away.values()),
        "acting": roster.acting,
        "coming": [each for each in reversed(found) if each.from_at > now and _is_open(each, now)],
        "past": [each for each in found if not _is_open(each, now)],
        "reasons": [reason.value for reason in Reason],
        "errors": errors or {},
        "kept": {
            name: text_of(kept, name) if kept else ""
            for name in ("extension", "from_at", "until_at", "reason", "cover")
        },
        "may_end": lambda absence: viewer.is_manager or viewer.extension == absence.extension,
    }
    return page("absences/list.html", "absences", code=code, **values)


def _is_open(absence: Absence, now: datetime) -> bool:
    return absence.ends_at is None or absence.ends_at > now


@router.post("")
def add(page: PageDep, form: FormDep) -> Response:
    """Somebody goes away: oneself, or for a manager anybody."""
    viewer = page.reader.viewer
    try:
        from_at, until_at = _instant(page, form, "from_at"), _instant(page, form, "until_at")
        reason = Reason(text_of(form, "reason"))
    except _Unreadable as error:
        return show(page, errors={error.args[0]: N_("Write a day and a time.")}, kept=form, code=422)
    except ValueError:
        return show(page, errors={"reason": N_("Choose one of these.")}, kept=form, code=422)
    extension = text_of(form, "extension") or viewer.extension
    only_for(viewer, extension)
    try:
        with page.console.work() as work:
            absences.add_absence(
                work,
                extension,
                from_at=from_at,
                until_at=until_at,
                reason=reason,
                cover=text_of(form, "cover") or None,
                actor=viewer.person,
                now=page.console.clock(),
            )
            work.commit()
    except BadSpan:
        return show(page, errors={"until_at": N_("It has to end after it begins.")}, kept=form, code=422)
    except (NobodyStandsIn, UnknownStaff):
        return show(page, errors={"cover": N_("Name a colleague who stands in.")}, kept=form, code=422)
    except Clash as error:
        field = "cover" if isinstance(error, CoverAway) else "from_at"
        return show(page, errors={field: clash_text(page, error)}, kept=form, code=409)
    return go("/absences", "absent")


def clash_text(page: Page, clash: Clash) -> str:
    """Who is away then, and when, in the reader's language."""
    other, say = clash.other, page.say
    with page.console.work() as work:
        member = work.staff.get(other.extension)
    values = {
        "who": f"{member.name if member else ''} ({other.extension})",
        "from_": say.moment(other.from_at),
        "until": say.moment(other.ends_at) if other.ends_at else say.gettext(N_("open")),
    }
    text = (
        N_("%(who)s is away already: %(from_)s – %(until)s.")
        if isinstance(clash, AlreadyAway)
        else N_("%(who)s would stand in and is away: %(from_)s – %(until)s. Name another colleague.")
    )
    return say.gettext(text) % values


class _Unreadable(Exception):
    """A field is no instant; its argument is the field's name."""


def _instant(page: Page, form: FormData, name: str) -> datetime | None:
    """A moment of the centre's day, as a browser writes it; None if nothing was written."""
    text = text_of(form, name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=page.console.settings.zone)
    except ValueError as error:
        raise _Unreadable(name) from error


def only_for(viewer: Viewer, extension: str) -> None:
    """Raises NotForYou, unless it is the viewer's own or they are a manager."""
    if not viewer.is_manager and extension != viewer.extension:
        raise NotForYou


@router.post("/posts")
def set_post(page: ManagerPageDep, form: FormDep) -> Response:
    """Say whose B post is whose: a manager's to say."""
    with page.console.work() as work:
        absences.set_post(work, text_of(form, "extension"), text_of(form, "b_extension") or None)
        work.commit()
    return go("/absences", "saved")


@router.get("/{absence_id}")
def one(page: PageDep, absence_id: RowId) -> HTMLResponse:
    """What happened meanwhile."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        absence = absences.get_absence(work, absence_id)
        if not viewer.is_manager and viewer.extension not in (absence.extension, absence.cover):
            raise NotForYou
        summary = absences.summary(work, absence, now)
        by_ticket: dict[str, list[TicketEvent]] = {}
        for event in summary.events:
            by_ticket.setdefault(event.ticket, []).append(event)
        tickets = work.tickets.many(by_ticket)
        policies = policies_of(work, tickets)
        seeing.tickets(work, viewer, Via.PAGE, [*tickets, *summary.next], now)
        names = work.staff.names()
    called = {SYSTEM: page.say.gettext("The desk")} | names
    full = viewer.is_manager or viewer.extension == absence.extension
    story = [
        (
            number,
            ticket_story(events, lambda key: called.get(key, key), policies[number], page.say, full=full),
        )
        for number, events in by_ticket.items()
    ]
    return page("absences/one.html", "absences", summary=summary, absence=absence, names=names, story=story)


@router.post("/{absence_id}/end")
def end(page: PageDep, form: FormDep, absence_id: RowId) -> Response:
    """Back already, or not going at all."""
    now = page.console.clock()
    with page.console.work() as work:
        only_for(page.reader.viewer, absences.get_absence(work, absence_id).extension)
        ended = absences.end_absence(work, absence_id, now)
        work.commit()
    return go(f"/absences/{absence_id}" if ended.begun_at else "/absences", "back")
