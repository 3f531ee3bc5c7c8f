"""A policy as values: what one regulation asks for, read from a file by `callcenter.policy_files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import ServiceHours, Span, WorkingCalendar
from callcenter.domain.clocks import Limit
from callcenter.domain.own_days import OwnDays
from callcenter.errors import ShouwenError


class UnknownClock(ShouwenError):
    """The policy has no clock of this name."""


class UnknownPolicy(ShouwenError):
    """There is no policy of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A stored key and what the screens call it, by language."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Label):
    """A kind of matter. `steps`: what its handling offers beside the steps of every ticket.

    `words`: by language, what callers say when it is theirs; a message with them has the kind proposed.
    """

    steps: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One limit. `name` is the rule id in lower case, with the complexity or kind where there is one.

    It starts with any event of `starts` and stops when all of `stops` have happened. `per_office`: each
    office that the event names has a run of its own. `repeats`: a stop starts the next run.
    """

    name: str
    rule: str
    channel: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    limit: Limit
    complexity: str | None = None
    kind: str | None = None
    otherwise: bool = False
    """Whether it also runs for complexities that no clock of its rule names."""
    warn_before: timedelta | None = None
    """Working time before the due time (of a limit that always runs: time) at which the warning goes out."""
    pauses: bool = False
    """Whether it stands while the caller's papers are awaited (S21)."""
    extendable: bool = False
    repeats: bool = False
    once: bool = False
    """Whether a matter for which it was met never starts it again: one group for all of somebody's messages."""
    per_office: bool = False

    def fits(self, channel: str, kind: str, complexity: str) -> bool:
        """Whether it runs on such tickets."""
        return (
            self.channel in (channel, "any")
            and self.kind in (kind, None)
            and self.complexity in (complexity, None)
        )


class EscalationRole(StrEnum):
    """Who can be told of a clock."""

    OWNER = "owner"
    B_POST = "b_post"
    HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One step up: `role` is told at the warning (`after` None), or so much working time after the breach."""

    role: EscalationRole
    after: timedelta | None


class Needed(StrEnum):
    """When a field has to be there."""

    OPENING = "opening"
    CLOSING = "closing"
    NEVER = "never"


class Heard(StrEnum):
    """What a field of the policy's own holds that can be proposed from a caller's message."""

    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField(Label):
    """A field of the form beside those that every ticket has, or what the policy asks of one of those.

    No channels: all of them; no kinds: all of them. `heard`: what of a message may be proposed for it.
    """

    rule: str
    needed: Needed
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    long: bool = False
    heard: Heard | None = None

    def fits(self, channel: str, kind: str) -> bool:
        """Whether the form of such a ticket has it."""
        return (not self.channels or channel in self.channels) and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction(Label):
    """One answer to "are you satisfied?"; `reopens`: the matter is handled again (H41, T20).

    `digit`: the key on the telephone; None for what only staff note, such as that no opinion was given.
    """

    digit: int | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Office(Label):
    """An office and what it is responsible for (S1), by language; `contact` is how to reach it."""

    duties: Mapping[str, str]
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist(Label):
    """Everything a kind of matter needs, to be told once and in full (S21)."""

    kind: str
    papers: tuple[Label, ...]
    procedure: Mapping[str, str]
    limit: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """When nobody is disturbed (local spans), when the digest goes out, and what a message may show."""

    quiet: tuple[Span, ...] = ()
    digest_at: time | None = None
    shows: tuple[str, ...] = ("number",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Label):
    """A line of the scoring sheet of a spot check with its highest number of points (T40)."""

    rule: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """Checks and the yearly list: `weights` of the commendation's parts add up to 100 (H60, H61).

    `least_matters`: who owned fewer in the year is not ranked, so that one lucky matter makes no star.
    `contact`: the supervision line and mailbox, by language, as the person served is told.
    """

    scores: tuple[Score, ...] = ()
    checks_per_month: int = 0
    weights: Mapping[str, int] = field(default_factory=dict)
    commended: int = 0
    least_matters: int = 0
    contact: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """How the policy keeps one rule: `enforced`, `supported` by a screen or form, or `excused` with a reason."""

    rule: str
    how: str
    by: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One regulation. The first kind is a new ticket's; `default_complexity` holds until someone chooses."""

    name: str
    title: Mapping[str, str]
    zone: ZoneInfo
    hours: ServiceHours
    languages: tuple[str, ...]
    channels: tuple[Label, ...]
    kinds: tuple[Kind, ...]
    complexities: tuple[Label, ...]
    default_complexity: str
    clocks: Mapping[str, Clock]
    fields: tuple[FormField, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    satisfaction: tuple[Satisfaction, ...] = ()
    offices: tuple[Office, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    reminders: Reminders = Reminders()
    supervision: Supervision = Supervision()
    rules: tuple[RuleNote, ...] = ()
    closures: frozenset[date] = frozenset()
    openings: frozenset[date] = frozenset()
    digest: str = ""
    """SHA-256, in hex, of the file's text: the version that a ticket keeps."""
    source: str = ""
    """The file's text, kept beside the tickets that were opened under it."""

    def clock(self, name: str) -> Clock:
        """The clock `name`; raises UnknownClock, naming those there are."""
        try:
            return self.clocks[name]
        except KeyError:
            raise UnknownClock(
                f"{self.name} has no clock {name!r}; it has {', '.join(self.clocks)}"
            ) from None

    def kind(self, key: str) -> Kind | None:
        """The kind of this key."""
        return next((kind for kind in self.kinds if kind.key == key), None)

    def form_fields(self, channel: str, kind: str) -> tuple[FormField, ...]:
        """The fields of such a ticket's form beside those that every ticket has."""
        return tuple(each for each in self.fields if each.fits(channel, kind))

    def answer(self, key: str) -> Satisfaction | None:
        """The answer of this key on the satisfaction scale."""
        return next((each for each in self.satisfaction if each.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A policy with the calendar that its clocks run on."""

    policy: Policy
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Every policy that the product runs, and the one for new tickets.

    `parse` makes rules of an earlier version's text; `versions` keeps those made so far, by digest.
    `own_days` are in every calendar; `on_days` gives a policy a calendar with others, None where they are fixed.
    `renewed` gives the book as the notices are now, None where they are fixed.
    """

    default: str
    by_name: Mapping[str, Rules]
    parse: Callable[[str], Rules]
    versions: dict[str, Rules] = field(default_factory=dict)
    own_days: OwnDays = field(default_factory=dict)
    on_days: Callable[[Policy, OwnDays], Rules] | None = None
    renewed: Callable[[], RuleBook] | None = None

    def with_days(self, days: OwnDays) -> RuleBook:
        """The same policies on a calendar with these own days."""
        make = self.on_days
        if make is None or days == self.own_days:
            return self
        return replace(
            self,
            by_name={name: make(rules.policy, days) for name, rules in self.by_name.items()},
            parse=lambda text: make(self.parse(text).policy, days),
            versions={},
            own_days=days,
        )

    def of(self, name: str) -> Rules:
        """Today's rules of the policy `name`; raises UnknownPolicy."""
        try:
            return self.by_name[name]
        except KeyError:
            raise UnknownPolicy(
                f"there is no policy {name!r}; there is {', '.join(sorted(self.by_name))}"
            ) from None

    @property
    def current(self) -> Rules:
        """The rules of new tickets."""
        return self.of(self.default)

    def version(self, name: str, digest: str) -> Rules | None:
        """The rules as they were when `digest` was the policy's; None if its text has to be fetched first."""
        today = self.by_name.get(name)
        if today is not None and digest in ("", today.policy.digest):
            return today
        return self.versions.get(digest)
