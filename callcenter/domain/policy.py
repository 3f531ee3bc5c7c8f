"""A policy as values: what one regulation asks for, read from a file by `callcenter.policy_files`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import ServiceHours, WorkingCalendar
from callcenter.domain.clocks import Limit
from callcenter.errors import ShouwenError


class UnknownClock(ShouwenError):
    """The policy has no clock of this name."""


class UnknownPolicy(ShouwenError):
    """There is no policy of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One limit. `name` is the rule id in lower case, with the complexity where there is one."""

    name: str
    rule: str
    channel: str
    starts: str
    stops: str
    limit: Limit
    complexity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A stored key and what the screens call it, by language."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One regulation. The first kind is a new ticket's; `default_complexity` holds until someone chooses."""

    name: str
    title: Mapping[str, str]
    zone: ZoneInfo
    hours: ServiceHours
    languages: tuple[str, ...]
    kinds: tuple[Label, ...]
    complexities: tuple[Label, ...]
    default_complexity: str
    clocks: Mapping[str, Clock]

    def clock(self, name: str) -> Clock:
        """The clock `name`; raises UnknownClock, naming those there are."""
        try:
            return self.clocks[name]
        except KeyError:
            raise UnknownClock(
                f"{self.name} has no clock {name!r}; it has {', '.join(self.clocks)}"
            ) from None

    def ticket_clocks(self, channel: str, complexity: str) -> tuple[Clock, ...]:
        """The clocks that run on a ticket of `channel`: from its opening, at this complexity."""
        return tuple(
            clock
            for clock in self.clocks.values()
            if clock.starts == "opened"
            and clock.channel in (channel, "any")
            and clock.complexity in (complexity, None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A policy with the calendar that its clocks run on."""

    policy: Policy
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Every policy that the product runs, and the one for new tickets."""

    default: str
    by_name: Mapping[str, Rules]

    def of(self, name: str) -> Rules:
        """The rules of the policy `name`; raises UnknownPolicy."""
        try:
            return self.by_name[name]
        except KeyError:
            raise UnknownPolicy(
                f"there is no policy {name!r}; there is {', '.join(sorted(self.by_name))}"
            ) from None
