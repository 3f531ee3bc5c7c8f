"""What staff do with a ticket, one form each. What cannot be saved is shown again with what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.tickets import AlreadyOwned, NotAllowed, Status
from callcenter.domain.transcripts import Asked
from callcenter.services import tickets
from callcenter.services.rules import rules_of
from callcenter.services.tickets import BadForm, FieldsMissing, StaleTicket
from callcenter.services.transcripts import CorrectedMeanwhile
from web import labels
from web.changing import Change, TextChange, ticket_to_change, with_text
from web.deps import FormDep, PageDep
from web.i18n import N_
from web.pages import ticket_form
from web.pages.one_ticket import Again, show
from web.reading import Page, go, text_of

router = APIRouter(prefix="/tickets/{number}")
GONE = N_("This step is not offered any more as the ticket stands now. What you wrote is below.")
STALE = N_("A colleague changed the ticket while you were writing. Compare, then save again.")


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
    viewer, now = page.reader.viewer, page.console.clock()
    fields = ticket_form.typed(form)
    problems = ticket_form.problems(fields)
    if problems:
        return show(page, number, Again(errors=problems, kept=fields), status=422)
    version = ticket_form.version_of(fields)
    try:
        with page.console.work() as work:
            before = ticket_to_change(work, number, viewer, now)
            own = ticket_form.own_fields(rules_of(work, before).policy, before.channel, fields["kind"])
            tickets.save_form(
                work,
                number=number,
                form=ticket_form.filled_in(fields, own),
                actor=viewer.person,
                now=now,
                version=version,
            )
            work.commit()
    except BadForm as error:
        return show(page, number, Again(errors=ticket_form.refused(error), kept=fields), status=422)
    except StaleTicket:
        return show(page, number, Again(problem=STALE, kept=fields, written_at=version), status=409)
    except NotAllowed:
        return _gone(page, number, ticket_form.written(fields, own, page.say))
    return go(f"/tickets/{number}", "opened" if before.status is Status.REGISTERING else "saved")


def make(page: Page, number: str, change: Change, done: str) -> Response:
    """Make the change, and say so with the sentence `done`."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        ticket_to_change(work, number, viewer, now)
        change(work, number, viewer.person, now)
        work.commit()
    return go(f"/tickets/{number}", done)


def make_with_text(
    page: Page, number: str, form: FormData, field: str, missing: str, change: TextChange, done: str
) -> Response:
    """Make the change with the text of `field`; without one the page again, which says what is `missing`."""
    text = text_of(form, field)
    if not text:
        return show(page, number, Again(errors={field: missing}), status=422)
    try:
        return make(page, number, with_text(change, text), done)
    except NotAllowed:
        return _gone(page, number, [("", text)])


def _gone(page: Page, number: str, unsent: Sequence[tuple[str, str]]) -> Response:
    """The ticket as a colleague left it, with what could not be put on it any more."""
    return show(page, number, Again(problem=GONE, unsent=tuple(unsent)), status=409)


@router.post("/note")
def note(page: PageDep, form: FormDep, number: str) -> Response:
    """Add a note to the log."""
    missing = N_("Please write the note.")
    return make_with_text(page, number, form, "note", missing, tickets.add_note, "noted")


@router.post("/resolve")
def resolve(page: PageDep, form: FormDep, number: str) -> Response:
    """The caller has their answer, unless a colleague changed the ticket meanwhile."""
    version = ticket_form.version_of(ticket_form.Blank(version=text_of(form, "version")))

    def change(work: SqlUnitOfWork, number: str, text: str, person: Person, now: datetime) -> None:
        tickets.resolve(work, number, text, person, now, version=version)

    missing = N_("Please write what the caller was told.")
    try:
        return make_with_text(page, number, form, "result", missing, change, "resolved")
    except StaleTicket:
        kept = {"result": text_of(form, "result")}
        return show(page, number, Again(problem=STALE, kept=kept, written_at=version), status=409)


@router.post("/dismiss")
def dismiss(page: PageDep, form: FormDep, number: str) -> Response:
    """No matter for us."""
    missing = N_("Please give a reason.")
    return make_with_text(page, number, form, "reason", missing, tickets.dismiss, "dismissed")


@router.post("/wait")
def wait(page: PageDep, form: FormDep, number: str) -> Response:
    """Somebody outside has to act first; the time runs on."""
    missing = N_("Please write whom or what it waits for.")
    return make_with_text(page, number, form, "waiting_for", missing, tickets.wait, "waiting")


@router.post("/resume")
def resume(page: PageDep, form: FormDep, number: str) -> Response:
    """The wait is over."""
    return make(page, number, tickets.resume, "resumed")


@router.post("/reopen")
def reopen(page: PageDep, form: FormDep, number: str) -> Response:
    """The caller is not satisfied."""
    missing = N_("Please give a reason.")
    return make_with_text(page, number, form, "again", missing, tickets.reopen, "reopened")


@router.post("/close")
def close(page: PageDep, form: FormDep, number: str) -> Response:
    """Done with, for good; what the policy still asks for is named, with the way to it."""
    try:
        return make(page, number, tickets.close, "closed")
    except FieldsMissing:
        return show(page, number, Again(not_closed=True), status=422)


@router.post("/complexity")
def complexity(page: PageDep, form: FormDep, number: str) -> Response:
    """Choose how hard it is, without touching the rest of the form."""
    return make(page, number, with_text(tickets.set_complexity, text_of(form, "complexity")), "saved")


@router.post("/transcript")
def transcript(page: PageDep, form: FormDep, number: str) -> Response:
    """Put what the caller really said beside what the machine heard."""
    missing = N_("Please write what the caller said.")
    written = text_of(form, "version")
    version = int(written) if written.isdecimal() and len(written) < 10 else None

    def change(work: SqlUnitOfWork, number: str, text: str, person: Person, now: datetime) -> None:
        tickets.correct_transcript(work, number, text, person, now, version=version)

    try:
        return make_with_text(page, number, form, "text", missing, change, "corrected")
    except CorrectedMeanwhile:
        kept = {"text": text_of(form, "text")}
        return show(page, number, Again(errors={"text": STALE}, kept=kept), status=409)


@router.post("/transcript-back")
def transcript_back(page: PageDep, form: FormDep, number: str) -> Response:
    """Show the machine's words again; what people wrote is kept."""
    return make(page, number, tickets.restore_transcript, "restored")


@router.post("/transcript-again")
def transcript_again(page: PageDep, form: FormDep, number: str) -> Response:
    """Have the message transcribed again, in another language or by another engine."""
    language, engine = text_of(form, "language"), text_of(form, "engine")
    asked = Asked(
        language=language if language in labels.SPOKEN else None,
        engine=engine if engine in labels.ENGINES else None,
    )

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.transcribe_again(work, number, asked, now)

    return make(page, number, change, "again")
