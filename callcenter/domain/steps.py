"""The steps of a matter's handling: what each asks for, who takes it, and when the policy offers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Policy
from callcenter.domain.ticket_clocks import ENDS
from callcenter.domain.tickets import EventKind, NotAllowed, Ticket, next_status


class InputKind(StrEnum):
    """What is written into a field of a step."""

    TEXT = "text"
    LINE = "line"
    OFFICE = "office"
    PERSON = "person"
    CHECKLIST = "checklist"
    CLOCK = "clock"
    DAY = "day"
    NUMBER = "number"
    CHOICE = "choice"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One field of a step; `choices` of a CHOICE are stored words."""

    key: str
    kind: InputKind = InputKind.TEXT
    needed: bool = True
    choices: tuple[str, ...] = ()


class By(StrEnum):
    """Who takes a step."""

    INVOLVED = "involved"
    """Owner, handler, whoever stands in, and managers."""
    HEAD = "head"
    """Managers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `always`: offered on every ticket whose state allows it; else as the policy says."""

    event: EventKind
    rule: str
    inputs: tuple[Input, ...]
    by: By = By.INVOLVED
    always: bool = False
    asks: str = ""
    """What it lays before the head, until a step of the same `decides` follows."""
    decides: str = ""


_TEXT = Input(key="text")
_OFFICE = Input(key="office", kind=InputKind.OFFICE)
_MEANS = Input(key="means", kind=InputKind.CHOICE, choices=("orally", "in_writing", "phone", "message"))
_ROLE = Input(key="role", kind=InputKind.CHOICE, choices=("lead", "supporting"))

STEPS: Mapping[str, Step] = {
    step.event.value: step
    for step in (
        Step(event=EventKind.REPLIED, rule="H13", inputs=(_TEXT,)),
        Step(event=EventKind.GROUP_MADE, rule="H14", inputs=(_TEXT,)),
        Step(event=EventKind.ACKNOWLEDGED, rule="H16", inputs=(_TEXT,)),
        Step(event=EventKind.ASSIGNED, rule="H17", inputs=(_TEXT,)),
        Step(
            event=EventKind.POSTPONED,
            rule="H19",
            inputs=(Input(key="reason"), Input(key="ask_how", kind=InputKind.LINE)),
        ),
        Step(event=EventKind.PROGRESS_TOLD, rule="H40", inputs=(_MEANS, _TEXT), always=True),
        Step(event=EventKind.OFFICE_NAMED, rule="S1", inputs=(_OFFICE, _TEXT), always=True),
        Step(
            event=EventKind.NOTICE_GIVEN,
            rule="S21",
            inputs=(Input(key="checklist", kind=InputKind.CHECKLIST), _MEANS),
            always=True,
        ),
        Step(event=EventKind.PAPERS_MISSING, rule="S21", inputs=(Input(key="papers"),), always=True),
        Step(event=EventKind.PAPERS_RECEIVED, rule="S20", inputs=(Input(key="papers"),), always=True),
        Step(
            event=EventKind.RECEIPT_GIVEN,
            rule="S20",
            inputs=(
                Input(key="papers"),
                Input(key="pages", kind=InputKind.NUMBER),
                Input(key="completion_day", kind=InputKind.DAY),
            ),
            always=True,
        ),
        Step(
            event=EventKind.EXTENSION_REQUESTED,
            rule="S10",
            inputs=(
                Input(key="clock", kind=InputKind.CLOCK),
                Input(key="working_days", kind=InputKind.NUMBER),
                Input(key="reason"),
            ),
            always=True,
            asks="extension",
        ),
        Step(
            event=EventKind.EXTENSION_GRANTED,
            rule="S10",
            inputs=(Input(key="text", needed=False),),
            by=By.HEAD,
            always=True,
            decides="extension",
        ),
        Step(
            event=EventKind.EXTENSION_REFUSED,
            rule="S10",
            inputs=(_TEXT,),
            by=By.HEAD,
            always=True,
            decides="extension",
        ),
        Step(event=EventKind.EXTENSION_TOLD, rule="S10", inputs=(_TEXT,), always=True),
        Step(event=EventKind.COMPLAINT_TAKEN_TOLD, rule="S12", inputs=(_TEXT,)),
        Step(event=EventKind.COMPLAINT_REFERRED, rule="H20", inputs=(_OFFICE, Input(key="reason"))),
        Step(event=EventKind.FILE_SENT, rule="H20", inputs=(_OFFICE, _TEXT)),
        Step(
            event=EventKind.COMPLAINANT_TOLD,
            rule="H20",
            inputs=(Input(key="procedure"), Input(key="duration", kind=InputKind.LINE)),
        ),
        Step(
            event=EventKind.RESPONSIBILITY_TRACED,
            rule="S50",
            inputs=(Input(key="person", kind=InputKind.PERSON), Input(key="cause")),
            by=By.HEAD,
        ),
        Step(event=EventKind.SUGGESTION_REPORTED, rule="H42", inputs=(_TEXT,), asks="suggestion"),
        Step(
            event=EventKind.SUGGESTION_DECIDED,
            rule="H42",
            inputs=(Input(key="adopted", kind=InputKind.CHOICE, choices=("yes", "no")), _TEXT),
            by=By.HEAD,
            decides="suggestion",
        ),
        Step(event=EventKind.SUGGESTION_ANSWERED, rule="H42", inputs=(_TEXT,)),
        Step(
            event=EventKind.ASSIGNMENT_GIVEN,
            rule="T11",
            inputs=(_OFFICE, _ROLE, Input(key="question")),
            by=By.HEAD,
        ),
        Step(
            event=EventKind.ASSIGNMENT_TAKEN,
            rule="T11",
            inputs=(_OFFICE, Input(key="by", kind=InputKind.LINE)),
        ),
        Step(event=EventKind.ASSIGNMENT_DONE, rule="T11", inputs=(_OFFICE, _TEXT)),
        Step(event=EventKind.MEETING_NOTED, rule="T11", inputs=(_TEXT,)),
        Step(event=EventKind.DISAGREEMENT_RAISED, rule="T12", inputs=(_TEXT,), asks="disagreement"),
        Step(
            event=EventKind.DISAGREEMENT_DECIDED,
            rule="T12",
            inputs=(_TEXT,),
            by=By.HEAD,
            decides="disagreement",
        ),
        Step(event=EventKind.SATISFACTION_ASKED, rule="S31", inputs=(_MEANS,), always=True),
        Step(
            event=EventKind.SATISFACTION_GIVEN,
            rule="H32",
            inputs=(Input(key="answer", kind=InputKind.ANSWER), Input(key="text", needed=False)),
            always=True,
        ),
    )
}
"""Every step by its name, which is the name of its event."""

KIND_STEPS = tuple(name for name, step in STEPS.items() if not step.always)
"""Steps that a policy offers by kind of matter; those that stop a clock of a ticket come by themselves."""


def offered(ticket: Ticket, policy: Policy) -> tuple[Step, ...]:
    """The steps that the policy offers on the ticket as it stands, in the order of `STEPS`."""
    kind = policy.kind(ticket.kind)
    wanted = set(kind.steps) if kind else set()
    for clock in policy.clocks.values():
        if clock.fits(ticket.channel, ticket.kind, ticket.complexity):
            wanted.update(clock.stops)
            wanted.update(clock.starts)
    return tuple(
        step
        for name, step in STEPS.items()
        if (step.always or name in wanted)
        and (not step.decides or step.decides == ticket.awaits)
        and not (step.asks and ticket.awaits)
        and _allows(ticket, step)
    )


def _allows(ticket: Ticket, step: Step) -> bool:
    try:
        next_status(ticket.status, step.event)
    except NotAllowed:
        return False
    return True


def awaited(events: Iterable[TicketEvent]) -> str | None:
    """What was laid before the head and is not decided: the first such thing; nothing once the matter has ended."""
    asked: list[str] = []
    for event in events:
        if event.kind in ENDS:
            asked.clear()
        step = STEPS.get(event.kind)
        if step is None:
            continue
        if step.asks and step.asks not in asked:
            asked.append(step.asks)
        if step.decides in asked:
            asked.remove(step.decides)
    return asked[0] if asked else None
