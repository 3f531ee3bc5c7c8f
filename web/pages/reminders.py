"""Reminders: mine, what could not be delivered, and where I am reached outside the console."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from callcenter.notify import BadAddress, check_address
from callcenter.services import reminders
from callcenter.services.reminders import TooManyAddresses
from web.deps import FormDep, PageDep, RowId
from web.errors import NotForYou
from web.i18n import N_
from web.reading import Page, go, text_of
from web.try_addresses import try_addresses
from web.views.reminders import fault_text, lines_of

router = APIRouter(prefix="/reminders")
SHOWN, FAILING = 100, 50


@router.get("")
def list_reminders(page: PageDep) -> HTMLResponse:
    """The page."""
    return show(page)


def show(
    page: Page,
    *,
    errors: Mapping[str, str] | None = None,
    kept: FormData | None = None,
    tested: tuple[tuple[str, str | None], ...] = (),
    code: int = 200,
) -> HTMLResponse:
    """The page; what was typed comes back but for the address, which is a secret."""
    viewer = page.reader.viewer
    with page.console.work() as work:
        unseen = reminders.my_reminders(work, viewer.extension, limit=SHOWN, unseen=True).items
        latest = reminders.my_reminders(work, viewer.extension, limit=SHOWN).items
        failing = work.reminders.failing(FAILING) if viewer.is_manager else []
        addresses = work.reminders.addresses(None if viewer.is_manager else [viewer.extension])
        members, names = work.staff.everybody(), work.staff.names()
    values = {
        "unseen_lines": lines_of(unseen, page.say, names),
        "seen_lines": lines_of([each for each in latest if each.seen_at], page.say, names),
        "failing": lines_of(failing, page.say, names),
        "addresses": addresses,
        "members": members,
        "names": names,
        "errors": errors or {},
        "kept_extension": text_of(kept, "extension") if kept else "",
        "tested": tested,
        "fault_text": lambda fault: fault_text(fault, page.say),
    }
    return page("reminders/list.html", "reminders", code=code, **values)


@router.post("/seen")
def see_all(page: PageDep, form: FormDep) -> Response:
    """All of mine are seen."""
    with page.console.work() as work:
        reminders.mark_all_seen(work, page.reader.viewer.extension, page.console.clock())
        work.commit()
    return go("/reminders", "seen")


@router.post("/{reminder_id}/seen")
def see(page: PageDep, form: FormDep, reminder_id: RowId) -> Response:
    """One of mine is seen; on to what it is about, if asked for."""
    with page.console.work() as work:
        reminder = reminders.mark_seen(work, page.reader.viewer.extension, reminder_id, page.console.clock())
        work.commit()
    if text_of(form, "open") and reminder.ticket:
        return go(f"/tickets/{reminder.ticket}")
    if text_of(form, "open") and reminder.data.get("absence"):
        return go(f"/absences/{reminder.data['absence']}")
    return go("/reminders")


@router.post("/addresses")
def add_address(page: PageDep, form: FormDep) -> Response:
    """Reach me, or for a manager anybody, there too."""
    viewer = page.reader.viewer
    extension, url = text_of(form, "extension") or viewer.extension, text_of(form, "url")
    if extension != viewer.extension and not viewer.is_manager:
        raise NotForYou
    try:
        shown = check_address(url, trusted=viewer.is_manager)
        with page.console.work() as work:
            reminders.add_address(
                work, extension, url=url, shown=shown, trusted=viewer.is_manager, now=page.console.clock()
            )
            work.commit()
    except BadAddress:
        text = N_("This address cannot be used: look at the examples.")
        return show(page, errors={"url": text}, kept=form, code=422)
    except TooManyAddresses:
        text = N_("Nobody has more than five: remove one first.")
        return show(page, errors={"url": text}, kept=form, code=409)
    return go("/reminders", "saved")


@router.post("/addresses/{address_id}/remove")
def remove_address(page: PageDep, form: FormDep, address_id: RowId) -> Response:
    """Reach nobody there any more."""
    viewer = page.reader.viewer
    with page.console.work() as work:
        reminders.remove_address(work, address_id, of=None if viewer.is_manager else viewer.extension)
        work.commit()
    return go("/reminders", "saved")


@router.post("/test")
def test(page: PageDep, form: FormDep) -> HTMLResponse:
    """Send a test to each of my addresses, now, and say how it went."""
    tried = try_addresses(page.console, page.reader.viewer.extension)
    return show(page, tested=tuple((address.shown, fault) for address, fault in tried))
