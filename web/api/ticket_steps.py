"""Steps of a matter over the API, and the whole record of a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.access import Via
from callcenter.domain.calls import Person
from callcenter.domain.policy import Needed
from callcenter.domain.ticket_clocks import ClockState
from callcenter.services import tickets
from callcenter.services.rules import rules_have_changed, rules_of
from callcenter.services.ticket_forms import missing_fields
from callcenter.services.tickets import get_ticket
from web import seeing
from web.api.models import Shape, TicketOut
from web.api.shapes import local
from web.api.ticket_actions import ActorIn, Version, make
from web.deps import ConsoleDep, ProgramDep
from web.viewer import involved_in_ticket
from web.views.clocks import TicketRun, before_extension, ticket_runs
from web.views.steps import Offer, inputs_of
from web.views.ticket_story import shown_data, shown_fields

router = APIRouter(prefix="/tickets/{number}", tags=["tickets"])
Key = Annotated[str, Field(min_length=1, max_length=50)]
Text = Annotated[str, Field(max_length=8000)]


class ChoiceOut(Shape):
    """One choice, with its name by language."""

    key: str
    names: dict[str, str]


class InputOut(Shape):
    """One field of a step; no choices: it is written freely."""

    key: str
    kind: str
    needed: bool
    choices: list[ChoiceOut]


class StepOut(Shape):
    """One step that is offered now; `by`: `involved`, or `head` for managers alone."""

    name: str
    rule: str
    by: str
    inputs: list[InputOut]


class StepsOut(Shape):
    """What the policy offers on the ticket as it stands."""

    items: list[StepOut]


class StepIn(ActorIn):
    """Who takes the step, and what is written into its fields; `version` refuses it if a colleague was faster."""

    given: Annotated[dict[Key, Text], Field(default_factory=dict, max_length=30)]
    version: Version = None


class SatisfactionIn(ActorIn):
    """What the person served thinks of it: a key of the policy's scale."""

    answer: Key
    text: Text = ""


class PolicyOut(Shape):
    """Under which policy the ticket stands, and whether the policy says something else today."""

    name: str
    digest: str
    changed_since: bool


class DayOut(Shape):
    """One day on the way to a due time."""

    day: date
    kind: str
    counted: bool
    mark: str | None


class PauseOut(Shape):
    """From when until when a clock stood; without an end it still does."""

    began_at: AwareDatetime
    ended_at: AwareDatetime | None


class RunOut(Shape):
    """One run of a clock; `subject` is the office whose run it is, null for the ticket's own."""

    clock: str
    rule: str
    subject: str | None
    state: ClockState
    started_at: AwareDatetime
    warn_at: AwareDatetime | None
    due_at: AwareDatetime
    due_before_extension: AwareDatetime | None
    stopped_at: AwareDatetime | None
    provisional: bool
    pauses: list[PauseOut]
    ledger: list[DayOut]


class EventOut(Shape):
    """One event of the log."""

    seq: int
    at: AwareDatetime
    actor: str
    kind: str
    data: dict[str, Any]
    hash: str


class RecordOut(Shape):
    """What a ticket holds beside its contract's shape."""

    number: str
    version: int
    fields: dict[str, str]
    result: str | None
    satisfaction: str | None
    awaits: str | None
    file: int | None
    missing_for_closing: list[str]
    policy: PolicyOut
    clocks: list[RunOut]
    events: list[EventOut]


@router.get("/steps", summary="The steps that are offered now")
def list_steps(console: ConsoleDep, program: ProgramDep, number: str) -> StepsOut:
    """In the order of the regulations; choices are filled in, and what has nothing to choose from is left out."""
    now = console.clock()
    with console.work() as work:
        offer = read_offer(work, number, now)
    return StepsOut(
        items=[
            StepOut(
                name=step.event.value,
                rule=step.rule,
                by=step.by.value,
                inputs=[
                    InputOut(
                        key=asked.key,
                        kind=asked.kind.value,
                        needed=asked.needed,
                        choices=[ChoiceOut(key=choice.key, names=dict(choice.names)) for choice in choices],
                    )
                    for asked, choices in inputs
                ],
            )
            for step in offer.steps()
            if (inputs := inputs_of(step, offer, console.speeches)) is not None
        ]
    )


def read_offer(work: SqlUnitOfWork, number: str, now: datetime) -> Offer:
    """What the steps of the ticket are looked at against; raises UnknownTicket."""
    ticket = get_ticket(work, number, now).ticket
    rules = rules_of(work, ticket)
    log = work.tickets.events(number)
    runs = ticket_runs(ticket, log, rules, now)
    return Offer(ticket=ticket, rules=rules, runs=runs, log=log, staff=work.staff.everybody(), now=now)


@router.post("/steps/{name}", summary="Take a step")
def take_step(console: ConsoleDep, program: ProgramDep, number: str, name: str, body: StepIn) -> TicketOut:
    """409 if the ticket or its policy does not offer it, or a colleague changed it since `version`."""

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.take_step(work, number, name, body.given, person, now, version=body.version)

    return make(console, program, number, body.actor, change)


@router.post("/satisfaction", summary="Note what the person served thinks of it")
def satisfaction(console: ConsoleDep, program: ProgramDep, number: str, body: SatisfactionIn) -> TicketOut:
    """An answer of "not satisfied" opens the ticket again."""

    def change(work: SqlUnitOfWork, number: str, person: Person, now: datetime) -> None:
        tickets.give_satisfaction(
            work, number, body.answer, via="staff", actor=person, now=now, text=body.text
        )

    return make(console, program, number, body.actor, change)


@router.get("/record", summary="All that is on record of a ticket")
def record(console: ConsoleDep, program: ProgramDep, number: str) -> RecordOut:
    """Accounts, numbers and the caller's own words are for those who may see them (T31)."""
    now, zone = console.clock(), console.settings.zone
    with console.work() as work:
        offer = read_offer(work, number, now)
        ticket, changed = offer.ticket, rules_have_changed(work, offer.ticket)
        said = work.transcripts.of_call(ticket.linkedid) if ticket.linkedid else []
        seeing.ticket(work, program, Via.API, ticket, None, said, now)
    full = program.may_see(involved_in_ticket(ticket, None))
    files = [event.data["file"] for event in offer.log if event.data.get("file")]
    return RecordOut(
        number=ticket.number,
        version=ticket.version,
        fields=shown_fields(ticket.fields, full=full),
        result=ticket.result,
        satisfaction=ticket.satisfaction,
        awaits=ticket.awaits,
        file=int(str(files[-1])) if files else None,
        missing_for_closing=missing_fields(offer.policy, ticket.channel, ticket, Needed.CLOSING),
        policy=PolicyOut(name=ticket.policy, digest=ticket.policy_digest, changed_since=changed),
        clocks=[run_out(each, offer, zone) for each in offer.runs],
        events=[
            EventOut(
                seq=event.seq,
                at=event.at.astimezone(zone),
                actor=event.actor,
                kind=event.kind,
                data=shown_data(event, full=full),
                hash=event.hash,
            )
            for event in offer.log
        ],
    )


def run_out(each: TicketRun, offer: Offer, zone: ZoneInfo) -> RunOut:
    """One run with its way to the due time, day by day."""
    clock, run = each.clock, each.run
    pauses: list[Mapping[str, datetime | None]] = [
        {"began_at": local(began, zone), "ended_at": local(ended, zone)} for began, ended in run.pauses
    ]
    if run.paused_at is not None:
        pauses.append({"began_at": local(run.paused_at, zone), "ended_at": local(run.stopped_at, zone)})
    return RunOut(
        clock=clock.clock,
        rule=each.rule.rule,
        subject=clock.subject or None,
        state=clock.state,
        started_at=clock.started_at.astimezone(zone),
        warn_at=local(clock.warn_at, zone),
        due_at=clock.due_at.astimezone(zone),
        due_before_extension=local(before_extension(each, offer.rules), zone),
        stopped_at=local(clock.stopped_at, zone),
        provisional=clock.provisional,
        pauses=[PauseOut.model_validate(pause) for pause in pauses],
        ledger=[
            DayOut(day=day.day, kind=day.kind.value, counted=day.counted, mark=day.mark and day.mark.value)
            for day in each.ledger
        ],
    )
