"""The steps that a ticket offers, as forms: what is due next first, each field with its choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import Label, Policy, Rules
from callcenter.domain.staff import StaffMember
from callcenter.domain.steps import By, Input, InputKind, Step, offered
from callcenter.domain.ticket_clocks import ClockState
from callcenter.domain.tickets import EventKind, NotAllowed, Ticket, next_status
from web.i18n import N_, Speech
from web.labels import Icon
from web.views.clocks import TicketRun, office_name
from web.views.step_words import CHOICE_WORDS, clock_name, field_words, step_words

Speeches = Mapping[str, Speech]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice of a field, with its name in every language."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of a step's form."""

    id: str
    key: str
    kind: str
    label: str
    help: str
    needed: bool
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as a form; `due_at`: when the clock is due that it stops."""

    name: str
    title: str
    help: str
    rule: str
    action: str
    icon: str
    button: str
    fields: tuple[FieldView, ...]
    due_at: datetime | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What steps are looked at against."""

    ticket: Ticket
    rules: Rules
    runs: Sequence[TicketRun]
    log: Sequence[TicketEvent]
    staff: Sequence[StaffMember]
    now: datetime

    @property
    def policy(self) -> Policy:
        """The policy under which the ticket stands."""
        return self.rules.policy

    def steps(self) -> tuple[Step, ...]:
        """What the policy offers now."""
        return offered(self.ticket, self.policy)


def choices_of(step: Step, asked: Input, offer: Offer, speeches: Speeches) -> tuple[Choice, ...]:
    """The choices of a field; none of one that is written freely."""
    policy = offer.policy
    match asked.kind:
        case InputKind.CHOICE:
            return tuple(
                Choice(key=key, names=_said(speeches, CHOICE_WORDS.get(key, key))) for key in asked.choices
            )
        case InputKind.OFFICE:
            return _labels(_offices(step, offer), speeches)
        case InputKind.CHECKLIST:
            own_first = sorted(policy.checklists, key=lambda each: each.kind != offer.ticket.kind)
            return _labels(own_first, speeches)
        case InputKind.ANSWER:
            return _labels(policy.satisfaction, speeches)
        case InputKind.PERSON:
            return tuple(
                Choice(
                    key=member.extension,
                    names=dict.fromkeys(speeches, f"{member.name} ({member.extension})"),
                )
                for member in offer.staff
                if member.active
            )
        case InputKind.CLOCK:
            return tuple(_extendable(offer, speeches))
        case _:
            return ()


def _said(speeches: Speeches, message: str) -> dict[str, str]:
    return {language: say.gettext(message) for language, say in speeches.items()}


def _labels(labels: Iterable[Label], speeches: Speeches) -> tuple[Choice, ...]:
    return tuple(
        Choice(key=each.key, names={language: each.names.get(language) or each.key for language in speeches})
        for each in labels
    )


def _offices(step: Step, offer: Offer) -> list[Label]:
    given = {event.data.get("office") for event in offer.log if event.kind == EventKind.ASSIGNMENT_GIVEN}
    at_work = {
        each.clock.subject for each in offer.runs if each.clock.subject and each.clock.stopped_at is None
    }
    offices: list[Label] = list(offer.policy.offices)
    if step.event is EventKind.ASSIGNMENT_TAKEN:
        return [each for each in offices if each.key in given]
    if step.event is EventKind.ASSIGNMENT_DONE:
        return [each for each in offices if each.key in (at_work or given)]
    return offices


def _extendable(offer: Offer, speeches: Speeches) -> Iterable[Choice]:
    """Limits that can still be extended: one that has run out cannot (S10)."""
    for each in offer.runs:
        clock = each.clock
        if not each.rule.extendable or clock.stopped_at is not None or offer.now > clock.due_at:
            continue
        yield Choice(
            key=clock.clock,
            names={
                language: clock_name(
                    each.rule, clock.clock, say, office_name(offer.policy, clock.subject, say)
                )
                for language, say in speeches.items()
            },
        )


def step_view(step: Step, offer: Offer, say: Speech) -> StepView | None:
    """The step as a form; None where a choice that it needs has nothing to choose from."""
    name = step.event.value
    fields: list[FieldView] = []
    for asked in step.inputs:
        choices = choices_of(step, asked, offer, {say.language: say})
        if asked.needed and asked.kind in _CHOSEN and not choices:
            return None
        words = field_words(name, asked.key)
        fields.append(
            FieldView(
                id=f"{name}-{asked.key}",
                key=asked.key,
                kind=asked.kind.value,
                label=say.gettext(words.title),
                help=say.gettext(words.help) if words.help else "",
                needed=asked.needed,
                choices=tuple((choice.key, choice.names[say.language]) for choice in choices),
            )
        )
    words = step_words(name)
    clock = _stops(step.event, offer)
    due_at = clock.clock.due_at if clock else None
    return StepView(
        name=name,
        title=say.gettext(words.title),
        help=say.gettext(words.help) if words.help else "",
        rule=clock.rule.rule if clock else _cited(step.rule, offer.policy),
        action=f"/tickets/{offer.ticket.number}/steps/{name}",
        icon=_ICONS.get(step.event, Icon("arrow-right")).name,
        button=say.gettext(_BUTTONS.get(step.event, N_("Put on record"))),
        fields=tuple(fields),
        due_at=due_at,
        is_late=due_at is not None and offer.now > due_at,
    )


_CHOSEN = frozenset(
    {InputKind.OFFICE, InputKind.PERSON, InputKind.CHECKLIST, InputKind.CLOCK, InputKind.CHOICE}
    | {InputKind.ANSWER}
)
_BUTTONS: Mapping[str, str] = {
    EventKind.EXTENSION_REQUESTED: N_("Ask the head"),
    EventKind.EXTENSION_GRANTED: N_("Approve"),
    EventKind.EXTENSION_REFUSED: N_("Refuse"),
    EventKind.DISAGREEMENT_RAISED: N_("Ask the head"),
    EventKind.SUGGESTION_REPORTED: N_("Report it"),
    EventKind.PAPERS_MISSING: N_("Put on record; the time stands still"),
    EventKind.PAPERS_RECEIVED: N_("Put on record; the time goes on"),
}
_ICONS: Mapping[str, Icon] = {
    EventKind.REPLIED: Icon("message"),
    EventKind.GROUP_MADE: Icon("users"),
    EventKind.ACKNOWLEDGED: Icon("message-check"),
    EventKind.ASSIGNED: Icon("user-check"),
    EventKind.POSTPONED: Icon("calendar-due"),
    EventKind.PROGRESS_TOLD: Icon("message"),
    EventKind.OFFICE_NAMED: Icon("building"),
    EventKind.NOTICE_GIVEN: Icon("checklist"),
    EventKind.PAPERS_MISSING: Icon("hourglass"),
    EventKind.PAPERS_RECEIVED: Icon("file-check"),
    EventKind.RECEIPT_GIVEN: Icon("receipt"),
    EventKind.EXTENSION_REQUESTED: Icon("calendar-plus"),
    EventKind.EXTENSION_GRANTED: Icon("check"),
    EventKind.EXTENSION_REFUSED: Icon("ban"),
    EventKind.EXTENSION_TOLD: Icon("message"),
    EventKind.COMPLAINT_TAKEN_TOLD: Icon("message"),
    EventKind.COMPLAINT_REFERRED: Icon("arrows-exchange"),
    EventKind.FILE_SENT: Icon("send"),
    EventKind.COMPLAINANT_TOLD: Icon("message"),
    EventKind.RESPONSIBILITY_TRACED: Icon("user-search"),
    EventKind.SUGGESTION_REPORTED: Icon("bulb"),
    EventKind.SUGGESTION_DECIDED: Icon("gavel"),
    EventKind.SUGGESTION_ANSWERED: Icon("message"),
    EventKind.ASSIGNMENT_GIVEN: Icon("building"),
    EventKind.ASSIGNMENT_TAKEN: Icon("user-check"),
    EventKind.ASSIGNMENT_DONE: Icon("circle-check"),
    EventKind.MEETING_NOTED: Icon("users"),
    EventKind.DISAGREEMENT_RAISED: Icon("scale"),
    EventKind.DISAGREEMENT_DECIDED: Icon("gavel"),
    EventKind.SATISFACTION_ASKED: Icon("help"),
    EventKind.SATISFACTION_GIVEN: Icon("star"),
}


def icon_of(event: str) -> str:
    """The picture of a step."""
    return _ICONS.get(event, Icon("pencil")).name


def _cited(rule: str, policy: Policy) -> str:
    """The rule, if it is one of this centre's."""
    return rule if any(note.rule == rule for note in policy.rules) else ""


def _stops(event: EventKind, offer: Offer) -> TicketRun | None:
    """The running clock that waits for the event, the first to be due."""
    waiting = [
        each
        for each in offer.runs
        if each.clock.stopped_at is None
        and each.clock.state is not ClockState.PAUSED
        and event in each.run.missing
    ]
    return min(waiting, key=lambda each: each.clock.due_at, default=None)


def _resolve(offer: Offer, say: Speech) -> StepView:
    words = field_words(EventKind.RESOLVED, "result")
    clock = _stops(EventKind.RESOLVED, offer)
    due_at = clock.clock.due_at if clock else None
    field = FieldView(
        id="result",
        key="result",
        kind=InputKind.TEXT.value,
        label=say.gettext(words.title),
        help="",
        needed=True,
        choices=(),
    )
    return StepView(
        name=EventKind.RESOLVED.value,
        title=say.gettext(step_words(EventKind.RESOLVED).title),
        help="",
        rule=clock.rule.rule if clock else "",
        action=f"/tickets/{offer.ticket.number}/resolve",
        icon=Icon("circle-check").name,
        button=say.gettext("Mark as solved"),
        fields=(field,),
        due_at=due_at,
        is_late=due_at is not None and offer.now > due_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Steps of a page: what is due next, in its order; the head's decision; all others."""

    first: tuple[StepView, ...]
    more: tuple[StepView, ...]
    decisions: tuple[StepView, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every step that can be taken here."""
        return frozenset(step.name for step in (*self.first, *self.more, *self.decisions))


def steps_of(offer: Offer, say: Speech, *, may_decide: bool) -> Steps:
    """The steps in the order in which they are due; those of the head for managers alone."""
    first: list[StepView] = []
    more: list[StepView] = []
    decisions: list[StepView] = []
    try:
        next_status(offer.ticket.status, EventKind.RESOLVED)
        first.append(_resolve(offer, say))
    except NotAllowed:
        pass
    for step in sorted(offer.steps(), key=lambda step: step.always):
        if step.by is By.HEAD and not may_decide:
            continue
        view = step_view(step, offer, say)
        if view is None:
            continue
        if step.decides:
            decisions.append(view)
        elif view.due_at is not None or (step.event in _NEXT and not offer.ticket.satisfaction):
            first.append(view)
        else:
            more.append(view)
    first.sort(key=lambda view: (view.due_at is None, view.due_at or offer.now, view.name == "resolved"))
    return Steps(first=tuple(first), more=tuple(more), decisions=tuple(decisions))


_NEXT = frozenset({EventKind.SATISFACTION_GIVEN})
"""What comes next in its state even where the policy sets no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What waits for the head: who asked for what, when; of an extension both due times."""

    kind: str
    title: str
    by: str
    at: datetime
    reason: str
    clock: str = ""
    due_at: datetime | None = None
    new_due_at: datetime | None = None
    is_too_late: bool = False


_PENDING = {
    "extension": (N_("More time is asked for"), EventKind.EXTENSION_REQUESTED),
    "suggestion": (N_("A suggestion waits for a decision"), EventKind.SUGGESTION_REPORTED),
    "disagreement": (N_("The offices disagree"), EventKind.DISAGREEMENT_RAISED),
}


def pending_of(offer: Offer, names: Mapping[str, str], say: Speech) -> Pending | None:
    """The request that waits for the head; None if none does."""
    awaits = offer.ticket.awaits
    if awaits not in _PENDING:
        return None
    title, kind = _PENDING[awaits]
    asked = next((event for event in reversed(offer.log) if event.kind == kind), None)
    if asked is None:
        return None
    due_at = instant(asked.data.get("due_at"))
    key = str(asked.data.get("clock") or "")
    office = office_name(offer.policy, str(asked.data.get("subject") or ""), say)
    return Pending(
        kind=awaits,
        title=say.gettext(title),
        by=names.get(asked.actor, asked.actor),
        at=asked.at,
        reason=str(asked.data.get("reason") or asked.data.get("text") or ""),
        clock=clock_name(offer.policy.clocks.get(key), key, say, office) if key else "",
        due_at=due_at,
        new_due_at=instant(asked.data.get("new_due_at")),
        is_too_late=due_at is not None and offer.now > due_at,
    )


def instant(value: object) -> datetime | None:
    """An instant as the log writes it; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else None
