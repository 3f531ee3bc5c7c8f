"""What staff do with tickets, over the API: a program says for whom (`actor`, an extension)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.tickets import TicketForm, WishedReply
from callcenter.services import tickets
from callcenter.services import transcripts as transcript_cases
from callcenter.services.staff import UnknownStaff
from web.api.models import Shape, TicketOut, WishedReplyName
from web.api.shapes import ticket_out
from web.console import Console
from web.deps import ConsoleDep, ProgramDep
from web.errors import NotForYou
from web.viewer import Viewer, involved_in_ticket

router = APIRouter(prefix="/tickets/{number}", tags=["tickets"])
Extension = Annotated[str, Field(min_length=1, max_length=20, description="extension of who does it")]
Words = Annotated[str, Field(min_length=1, max_length=8000)]


class ActorIn(Shape):
    """Who does it."""

    actor: Extension


class WordsIn(ActorIn):
    """Who does it, and what they say."""

    text: Words


class ComplexityIn(ActorIn):
    """Who does it, and how hard the matter is."""

    complexity: Annotated[str, Field(min_length=1, max_length=50)]


class ContactIn(Shape):
    """Whom to answer."""

    name: Annotated[str | None, Field(max_length=256)] = None
    phone: Annotated[str | None, Field(max_length=64)] = None


class FormIn(ActorIn):
    """The matter, as in the console's form."""

    kind: Annotated[str, Field(max_length=50)]
    complexity: Annotated[str, Field(max_length=50)]
    contact: ContactIn
    details: Words
    wished_reply: WishedReplyName | None = None


Act = Callable[[SqlUnitOfWork, Person], object]


def change(
    console: Console, program: Viewer, number: str, actor: str, act: Act, *, open_to_all: bool = False
) -> TicketOut:
    """Do it for `actor`, who must be active and, unless a manager or a manager's program, involved."""
    now = console.clock()
    with console.work() as work:
        member = work.staff.get(actor)
        if member is None or not member.active:
            raise UnknownStaff(f"nobody has the extension {actor}")
        ticket = tickets.get_ticket(work, number, now).ticket
        call = work.calls.get(ticket.linkedid) if ticket.linkedid else None
        acting = Viewer(extension=member.extension, name=member.name, role=member.role)
        involved = involved_in_ticket(ticket, call)
        if not (open_to_all or program.is_manager or acting.may_see(involved)):
            raise NotForYou
        act(work, acting.person)
        work.commit()
    with console.work() as work:
        view = tickets.get_ticket(work, number, console.clock())
        transcript = work.transcripts.of_ticket(number)
    return ticket_out(view, transcript, program, console.settings.zone)


@router.post("/take", summary="Own it, for good")
def take(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """409 if a colleague owns it already."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.take(work, number, me, now),
        open_to_all=True,
    )


@router.post("/form", summary="Write the matter down")
def save_form(console: ConsoleDep, program: ProgramDep, number: str, body: FormIn) -> TicketOut:
    """A ticket that is registering opens with it."""
    now = console.clock()
    form = TicketForm(
        kind=body.kind,
        contact_name=body.contact.name,
        contact_phone=body.contact.phone,
        details=body.details,
        wished_reply=WishedReply(body.wished_reply) if body.wished_reply else None,
        complexity=body.complexity,
    )
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.save_form(work, number=number, form=form, actor=me, now=now),
    )


@router.post("/complexity", summary="Choose how hard it is")
def complexity(console: ConsoleDep, program: ProgramDep, number: str, body: ComplexityIn) -> TicketOut:
    """The clocks are counted anew from the same start."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.set_complexity(work, number, body.complexity, me, now),
    )


@router.post("/note", summary="Add a note")
def note(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """It goes to the ticket's log."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.add_note(work, number, body.text, me, now),
    )


@router.post("/resolve", summary="The caller has their answer")
def resolve(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """The clocks stop."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.resolve(work, number, body.text, me, now),
    )


@router.post("/dismiss", summary="No matter for us")
def dismiss(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """`text` is the reason; the clocks are cancelled."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.dismiss(work, number, body.text, me, now),
    )


@router.post("/wait", summary="Somebody outside has to act first")
def wait(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """The clocks run on."""
    now = console.clock()
    return change(
        console, program, number, body.actor, lambda work, me: tickets.wait(work, number, body.text, me, now)
    )


@router.post("/resume", summary="The wait is over")
def resume(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """The ticket is open again."""
    now = console.clock()
    return change(
        console, program, number, body.actor, lambda work, me: tickets.resume(work, number, me, now)
    )


@router.post("/reopen", summary="The caller is not satisfied")
def reopen(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """Handled again, with clocks from now."""
    now = console.clock()
    return change(
        console,
        program,
        number,
        body.actor,
        lambda work, me: tickets.reopen(work, number, body.text, me, now),
    )


@router.post("/close", summary="Done with, for good")
def close(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """A resolved ticket is closed."""
    now = console.clock()
    return change(console, program, number, body.actor, lambda work, me: tickets.close(work, number, me, now))


@router.post("/transcript", summary="Correct the text of the message")
def transcript(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """The machine's text is kept beside it."""
    now = console.clock()

    def act(work: SqlUnitOfWork, me: Person) -> None:
        stored = work.transcripts.of_ticket(number)
        if stored is not None:
            tickets.correct_transcript(work, number, body.text, me, now)
            transcript_cases.correct_transcript(
                work, stored.recording_id, text=body.text, by=me.extension, now=now
            )

    return change(console, program, number, body.actor, act)
