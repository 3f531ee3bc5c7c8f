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
from web.i18n import Speech
from web.labels import Icon
from web.views.clocks import TicketRun, office_name
from web.views.step_looks import ARROW, BUTTONS, RECORD, icon_of
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


def inputs_of(step: Step, offer: Offer, speeches: Speeches) -> list[tuple[Input, tuple[Choice, ...]]] | None:
    """The fields with their choices; None where a choice that is needed has nothing to choose from."""
    found = [(asked, _choices_of(step, asked, offer, speeches)) for asked in step.inputs]
    stuck = any(asked.needed and asked.kind in _CHOSEN and not choices for asked, choices in found)
    return None if stuck else found


def _choices_of(step: Step, asked: Input, offer: Offer, speeches: Speeches) -> tuple[Choice, ...]:
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
    """Limits that can still be extended: one that has run out cannot (S10); one that stands does not run out."""
    for each in offer.runs:
        clock = each.clock
        has_run_out = offer.now > clock.due_at and clock.state is not ClockState.PAUSED
        if not each.rule.extendable or clock.stopped_at is not None or has_run_out:
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
    inputs = inputs_of(step, offer, {say.language: say})
    if inputs is None:
        return None
    fields: list[FieldView] = []
    for asked, choices in inputs:
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
        icon=icon_of(step.event, ARROW),
        button=say.gettext(BUTTONS.get(step.event, RECORD)),
        fields=tuple(fields),
        due_at=due_at,
        is_late=due_at is not None and offer.now > due_at,
    )


_CHOSEN = frozenset(
    {InputKind.OFFICE, InputKind.PERSON, InputKind.CHECKLIST, InputKind.CLOCK, InputKind.CHOICE}
    | {InputKind.ANSWER}
)


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
