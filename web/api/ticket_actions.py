"""What staff do with tickets, over the API: a program says for whom (`actor`, an extension)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.domain.tickets import TicketForm, WishedReply
from callcenter.domain.transcripts import Asked
from callcenter.services import tickets
from web.api.models import Shape, TicketOut, WishedReplyName
from web.api.tickets import get_one
from web.changing import Change, acting_for, ticket_to_change, with_text
from web.console import Console
from web.deps import ConsoleDep, ProgramDep
from web.viewer import Viewer

router = APIRouter(prefix="/tickets/{number}", tags=["tickets"])
Extension = Annotated[str, Field(min_length=1, max_length=20, description="extension of who does it")]
Words = Annotated[str, Field(min_length=1, max_length=8000)]
Key = Annotated[str, Field(min_length=1, max_length=50)]
Text = Annotated[str, Field(max_length=8000)]


class ActorIn(Shape):
    """Who does it."""

    actor: Extension


class WordsIn(ActorIn):
    """Who does it, and what they say."""

    text: Words


class CorrectionIn(WordsIn):
    """Who corrects a text, how it reads now, and the version that they corrected."""

    version: Annotated[int | None, Field(ge=0, le=10**9)] = None


class AgainIn(ActorIn):
    """Who asks, and how it is to be transcribed."""

    language: Literal["zh", "en"] | None = None
    engine: Literal["whisper", "vosk", "vosk-server"] | None = None


class ComplexityIn(ActorIn):
    """Who does it, and how hard the matter is."""

    complexity: Annotated[str, Field(min_length=1, max_length=50)]


class ContactIn(Shape):
    """Whom to answer."""

    name: Annotated[str | None, Field(max_length=256)] = None
    phone: Annotated[str | None, Field(max_length=64)] = None


Version = Annotated[
    int | None, Field(ge=0, le=10**9, description="`version` of the record: 409 if a colleague was faster")
]


class ResultIn(WordsIn):
    """What the caller was told."""

    version: Version = None


class MatterIn(ActorIn):
    """A matter in writing."""

    kind: Key
    contact: ContactIn = ContactIn()
    details: Words
    wished_reply: WishedReplyName | None = None
    fields: Annotated[
        dict[Key, Text], Field(default_factory=dict, max_length=50, description="the policy's own fields")
    ]

    def form(self, complexity: str) -> TicketForm:
        """As the use cases take it."""
        return TicketForm(
            kind=self.kind,
            contact_name=self.contact.name,
            contact_phone=self.contact.phone,
            details=self.details,
            wished_reply=WishedReply(self.wished_reply) if self.wished_reply else None,
            complexity=complexity,
            fields=self.fields,
        )


class FormIn(MatterIn):
    """The matter, as in the console's form."""

    complexity: Key
    contact: ContactIn
    version: Version = None


def make(
    console: Console, program: Viewer, number: str, actor: str, change: Change, *, open_to_all: bool = False
) -> TicketOut:
    """Make it for `actor`, who must be active and, unless a manager or a manager's program, involved."""
    now = console.clock()
    with console.work() as work:
        acting = acting_for(work, program, actor)
        if not (open_to_all or program.is_manager):
            ticket_to_change(work, number, acting, now)
        change(work, number, acting.person, now)
        work.commit()
    return get_one(console, program, number)


@router.post("/take", summary="Own it, for good")
def take(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """409 if a colleague owns it already."""
    return make(console, program, number, body.actor, tickets.take, open_to_all=True)


@router.post("/form", summary="Write the matter down")
def save_form(console: ConsoleDep, program: ProgramDep, number: str, body: FormIn) -> TicketOut:
    """A ticket that is registering opens with it."""
    form = body.form(body.complexity)

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.save_form(work, number=number, form=form, actor=person, now=now, version=body.version)

    return make(console, program, number, body.actor, change)


@router.post("/complexity", summary="Choose how hard it is")
def complexity(console: ConsoleDep, program: ProgramDep, number: str, body: ComplexityIn) -> TicketOut:
    """The clocks are counted anew from the same start."""
    return make(console, program, number, body.actor, with_text(tickets.set_complexity, body.complexity))


@router.post("/note", summary="Add a note")
def note(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """It goes to the ticket's log."""
    return make(console, program, number, body.actor, with_text(tickets.add_note, body.text))


@router.post("/resolve", summary="The caller has their answer")
def resolve(console: ConsoleDep, program: ProgramDep, number: str, body: ResultIn) -> TicketOut:
    """The clocks stop."""

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.resolve(work, number, body.text, person, now, version=body.version)

    return make(console, program, number, body.actor, change)


@router.post("/dismiss", summary="No matter for us")
def dismiss(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """`text` is the reason; the clocks are cancelled."""
    return make(console, program, number, body.actor, with_text(tickets.dismiss, body.text))


@router.post("/wait", summary="Somebody outside has to act first")
def wait(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """The clocks run on."""
    return make(console, program, number, body.actor, with_text(tickets.wait, body.text))


@router.post("/resume", summary="The wait is over")
def resume(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """The ticket is open again."""
    return make(console, program, number, body.actor, tickets.resume)


@router.post("/reopen", summary="The caller is not satisfied")
def reopen(console: ConsoleDep, program: ProgramDep, number: str, body: WordsIn) -> TicketOut:
    """Handled again, with clocks from now."""
    return make(console, program, number, body.actor, with_text(tickets.reopen, body.text))


@router.post("/close", summary="Done with, for good")
def close(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """A resolved ticket is closed."""
    return make(console, program, number, body.actor, tickets.close)


@router.post("/transcript", summary="Correct the text of the message")
def transcript(console: ConsoleDep, program: ProgramDep, number: str, body: CorrectionIn) -> TicketOut:
    """The machine's text is kept beside it, and so are earlier corrections. 409 if it is past `version`."""

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.correct_transcript(work, number, body.text, person, now, version=body.version)

    return make(console, program, number, body.actor, change)


@router.post("/transcript-back", summary="Show the machine's text of the message again")
def transcript_back(console: ConsoleDep, program: ProgramDep, number: str, body: ActorIn) -> TicketOut:
    """What people wrote is kept."""
    return make(console, program, number, body.actor, tickets.restore_transcript)


@router.post("/transcript-again", summary="Have the message transcribed again")
def transcript_again(console: ConsoleDep, program: ProgramDep, number: str, body: AgainIn) -> TicketOut:
    """From its start; what is not given is as the desk is set up."""
    asked = Asked(language=body.language, engine=body.engine)

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.transcribe_again(work, number, asked, now)

    return make(console, program, number, body.actor, change)
