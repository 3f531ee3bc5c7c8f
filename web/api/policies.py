"""Policies over the API: which there are, and one as values beside its plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

from fastapi import APIRouter

from callcenter.domain.calendar import Span
from callcenter.domain.clocks import Limit, ServiceTime, WorkingDays
from callcenter.domain.policy import Clock, Label, Policy
from callcenter.policy_words import clock_sentence, policy_text
from web.api.models import ListOut, Shape
from web.console import Console
from web.deps import ConsoleDep, ProgramDep

router = APIRouter(prefix="/policies", tags=["policies"])
Names = Mapping[str, str]


class PolicyOut(Shape):
    """One policy. `chosen`: new tickets get it. `own`: the centre's own file. `digest`: SHA-256 of its text."""

    name: str
    title: Names
    chosen: bool
    own: bool
    digest: str


class LabelOut(Shape):
    """A stored key with its names."""

    key: str
    names: Names


class LimitOut(Shape):
    """`working_days`, or `seconds` that run in `service_hours` or `always`."""

    working_days: int | None
    seconds: int | None
    runs: Literal["working_days", "service_hours", "always"]


class ClockRuleOut(Shape):
    """One limit; `words` says it in a sentence."""

    clock: str
    rule: str
    channel: str
    kind: str | None
    complexity: str | None
    starts: list[str]
    stops: list[str]
    limit: LimitOut
    warn_before_s: int | None
    pauses: bool
    extendable: bool
    repeats: bool
    per_office: bool
    words: Names


class FieldOut(LabelOut):
    """A field of a form."""

    rule: str
    needed: str
    channels: list[str]
    kinds: list[str]


class SectionOut(Shape):
    """One subject in plain words."""

    title: str
    sentences: list[str]
    head: list[str]
    rows: list[list[str]]


class WholePolicyOut(PolicyOut):
    """Everything a program may need; the rest is in the words."""

    zone: str
    hours: list[str]
    closures: list[date]
    openings: list[date]
    channels: list[LabelOut]
    kinds: list[LabelOut]
    complexities: list[LabelOut]
    default_complexity: str
    clocks: list[ClockRuleOut]
    fields: list[FieldOut]
    satisfaction: list[LabelOut]
    offices: list[LabelOut]
    checklists: list[LabelOut]
    words: Mapping[str, list[SectionOut]]


@router.get("", summary="Every policy")
def list_all(console: ConsoleDep, program: ProgramDep) -> ListOut[PolicyOut]:
    """All of them; `next` is null."""
    book = console.rulebook
    return ListOut[PolicyOut](
        items=[PolicyOut(**_head(console, rules.policy)) for rules in book.by_name.values()], next=None
    )


@router.get("/{name}", summary="One policy")
def get_one(console: ConsoleDep, program: ProgramDep, name: str) -> WholePolicyOut:
    """404 if there is none of this name."""
    policy = console.rulebook.of(name).policy
    return WholePolicyOut(
        **_head(console, policy),
        zone=policy.zone.key,
        hours=_spans(policy.hours.standard),
        closures=sorted(policy.closures),
        openings=sorted(policy.openings),
        channels=_labels(policy.channels),
        kinds=_labels(policy.kinds),
        complexities=_labels(policy.complexities),
        default_complexity=policy.default_complexity,
        clocks=[_clock(policy, clock) for clock in policy.clocks.values()],
        fields=[
            FieldOut(
                key=field.key,
                names=field.names,
                rule=field.rule,
                needed=field.needed.value,
                channels=list(field.channels),
                kinds=list(field.kinds),
            )
            for field in policy.fields
        ],
        satisfaction=_labels(policy.satisfaction),
        offices=_labels(policy.offices),
        checklists=_labels(policy.checklists),
        words={language: _sections(policy, language) for language in ("zh", "en")},
    )


def _head(console: Console, policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "title": policy.title,
        "chosen": policy.name == console.rulebook.default,
        "own": (console.settings.own_policies / f"{policy.name}.toml").is_file(),
        "digest": policy.digest,
    }


def _labels(labels: tuple[Label, ...]) -> list[LabelOut]:
    return [LabelOut(key=label.key, names=label.names) for label in labels]


def _spans(spans: tuple[Span, ...]) -> list[str]:
    return [f"{span.opens:%H:%M}-{span.closes:%H:%M}" for span in spans]


def _clock(policy: Policy, clock: Clock) -> ClockRuleOut:
    return ClockRuleOut(
        clock=clock.name,
        rule=clock.rule,
        channel=clock.channel,
        kind=clock.kind,
        complexity=clock.complexity,
        starts=list(clock.starts),
        stops=list(clock.stops),
        limit=_limit(clock.limit),
        warn_before_s=_seconds(clock.warn_before),
        pauses=clock.pauses,
        extendable=clock.extendable,
        repeats=clock.repeats,
        per_office=clock.per_office,
        words={language: clock_sentence(policy, clock.name, language) for language in ("zh", "en")},
    )


def _limit(limit: Limit) -> LimitOut:
    if isinstance(limit, WorkingDays):
        return LimitOut(working_days=limit.days, seconds=None, runs="working_days")
    runs: Literal["service_hours", "always"] = "service_hours" if isinstance(limit, ServiceTime) else "always"
    return LimitOut(working_days=None, seconds=_seconds(limit.span), runs=runs)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _sections(policy: Policy, language: str) -> list[SectionOut]:
    return [
        SectionOut(
            title=section.title,
            sentences=list(section.sentences),
            head=list(section.grid.head) if section.grid else [],
            rows=[list(row) for row in section.grid.rows] if section.grid else [],
        )
        for section in policy_text(policy, language).sections
    ]
