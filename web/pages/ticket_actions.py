"""What staff do with a ticket, one form each. What cannot be saved is shown again with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fastapi import APIRouter
from starlette.responses import Response

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.tickets import AlreadyOwned, Status, TicketForm, WishedReply
from callcenter.services import tickets
from callcenter.services import transcripts as transcript_cases
from callcenter.services.tickets import BadForm, StaleTicket
from web.deps import FormDep, PageDep
from web.errors import NotForYou
from web.i18n import N_
from web.pages.one_ticket import Blank, read_call, show
from web.reading import Page, go, text_of
from web.viewer import involved_in_ticket

router = APIRouter(prefix="/tickets/{number}")
FIELDS = ("kind", "complexity", "contact_name", "contact_phone", "details", "wished_reply", "version")
UNKNOWN_CHOICE = N_("Please choose one of the list.")
STALE = N_("A colleague changed the ticket while you were writing. Compare, then save again.")


@contextmanager
def changing(page: Page, number: str) -> Iterator[SqlUnitOfWork]:
    """One transaction, committed at the end, for readers who may change the ticket; else NotForYou."""
    with page.console.work() as work:
        ticket = tickets.get_ticket(work, number, page.console.clock()).ticket
        if not page.reader.viewer.may_see(involved_in_ticket(ticket, read_call(work, ticket))):
            raise NotForYou
        yield work
        work.commit()


@router.post("/take")
def take(page: PageDep, form: FormDep, number: str) -> Response:
    """Own the ticket, unless a colleague was faster."""
    try:
        with page.console.work() as work:
            tickets.take(work, number, page.reader.viewer.person, page.console.clock())
            work.commit()
    except AlreadyOwned:
        return go(f"/tickets/{number}", "late")
    return go(f"/tickets/{number}", "taken")


@router.post("/form")
def save_form(page: PageDep, form: FormDep, number: str) -> Response:
    """Write the matter down; a ticket that is registering opens with it."""
    typed = Blank({name: text_of(form, name) for name in FIELDS})
    errors = form_errors(typed)
    if errors:
        return show(page, number, errors=errors, kept=typed, status=422)
    wish = WishedReply(typed["wished_reply"]) if typed["wished_reply"] else None
    filled = TicketForm(
        kind=typed["kind"],
        contact_name=typed["contact_name"] or None,
        contact_phone=typed["contact_phone"] or None,
        details=typed["details"],
        wished_reply=wish,
        complexity=typed["complexity"],
    )
    version = int(typed["version"]) if typed["version"].isdecimal() else None
    try:
        with changing(page, number) as work:
            was = tickets.get_ticket(work, number, page.console.clock()).ticket.status
            tickets.save_form(
                work,
                number=number,
                form=filled,
                actor=page.reader.viewer.person,
                now=page.console.clock(),
                version=version,
            )
    except BadForm as error:
        return show(page, number, errors={error.field: UNKNOWN_CHOICE}, kept=typed, status=422)
    except StaleTicket:
        return show(page, number, errors={"version": STALE}, kept=typed, status=409)
    return go(f"/tickets/{number}", "opened" if was is Status.REGISTERING else "saved")


def form_errors(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the form, by field."""
    errors: dict[str, str] = {}
    if not typed["details"]:
        errors["details"] = N_("Please write down what it is about, one line is enough.")
    phone = typed["contact_phone"]
    if phone and not (
        sum(c.isdigit() for c in phone) >= 3 and all(c.isdigit() or c in "+-() #*" for c in phone)
    ):
        errors["contact_phone"] = N_("Please write a telephone number: three digits or more.")
    if typed["wished_reply"] and typed["wished_reply"] not in set(WishedReply):
        errors["wished_reply"] = UNKNOWN_CHOICE
    return errors


def told(page: Page, number: str, name: str, text: str, missing: str) -> Response | None:
    """The page again if the text of the field `name` is missing."""
    return None if text else show(page, number, errors={name: missing}, kept={name: text}, status=422)


Change = Callable[[SqlUnitOfWork], object]


def change(page: Page, number: str, done: str, act: Change) -> Response:
    """Do it, and say so."""
    with changing(page, number) as work:
        act(work)
    return go(f"/tickets/{number}", done)


@router.post("/note")
def note(page: PageDep, form: FormDep, number: str) -> Response:
    """Add a note to the log."""
    text, me, now = text_of(form, "note"), page.reader.viewer.person, page.console.clock()
    missing = told(page, number, "note", text, N_("Please write the note."))
    return missing or change(
        page, number, "noted", lambda work: tickets.add_note(work, number, text, me, now)
    )


@router.post("/resolve")
def resolve(page: PageDep, form: FormDep, number: str) -> Response:
    """The caller has their answer."""
    text, me, now = text_of(form, "result"), page.reader.viewer.person, page.console.clock()
    missing = told(page, number, "result", text, N_("Please write what the caller was told."))
    return missing or change(
        page, number, "resolved", lambda work: tickets.resolve(work, number, text, me, now)
    )


@router.post("/dismiss")
def dismiss(page: PageDep, form: FormDep, number: str) -> Response:
    """No matter for us."""
    text, me, now = text_of(form, "reason"), page.reader.viewer.person, page.console.clock()
    missing = told(page, number, "reason", text, N_("Please give a reason."))
    return missing or change(
        page, number, "dismissed", lambda work: tickets.dismiss(work, number, text, me, now)
    )


@router.post("/wait")
def wait(page: PageDep, form: FormDep, number: str) -> Response:
    """Somebody outside has to act first; the time runs on."""
    text, me, now = text_of(form, "waiting_for"), page.reader.viewer.person, page.console.clock()
    missing = told(page, number, "waiting_for", text, N_("Please write whom or what it waits for."))
    return missing or change(page, number, "waiting", lambda work: tickets.wait(work, number, text, me, now))


@router.post("/resume")
def resume(page: PageDep, form: FormDep, number: str) -> Response:
    """The wait is over."""
    me, now = page.reader.viewer.person, page.console.clock()
    return change(page, number, "resumed", lambda work: tickets.resume(work, number, me, now))


@router.post("/reopen")
def reopen(page: PageDep, form: FormDep, number: str) -> Response:
    """The caller is not satisfied."""
    text, me, now = text_of(form, "again"), page.reader.viewer.person, page.console.clock()
    missing = told(page, number, "again", text, N_("Please give a reason."))
    return missing or change(
        page, number, "reopened", lambda work: tickets.reopen(work, number, text, me, now)
    )


@router.post("/close")
def close(page: PageDep, form: FormDep, number: str) -> Response:
    """Done with, for good."""
    me, now = page.reader.viewer.person, page.console.clock()
    return change(page, number, "closed", lambda work: tickets.close(work, number, me, now))


@router.post("/complexity")
def complexity(page: PageDep, form: FormDep, number: str) -> Response:
    """Choose how hard it is, without touching the rest of the form."""
    chosen, me, now = text_of(form, "complexity"), page.reader.viewer.person, page.console.clock()
    return change(page, number, "saved", lambda work: tickets.set_complexity(work, number, chosen, me, now))


@router.post("/transcript")
def transcript(page: PageDep, form: FormDep, number: str) -> Response:
    """Put what the caller really said beside what the machine heard."""
    text, me, now = text_of(form, "text"), page.reader.viewer.person, page.console.clock()

    def act(work: SqlUnitOfWork) -> None:
        stored = work.transcripts.of_ticket(number)
        if stored is not None:
            tickets.correct_transcript(work, number, text, me, now)
            transcript_cases.correct_transcript(
                work, stored.recording_id, text=text, by=me.extension, now=now
            )

    missing = told(page, number, "text", text, N_("Please write what the caller said."))
    return missing or change(page, number, "corrected", act)
