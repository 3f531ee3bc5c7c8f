"""Policies read from TOML, with an error that names the file and the place in it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import HolidaySource, ServiceHours, Span, WorkingCalendar
from callcenter.domain.clocks import Elapsed, Limit, ServiceTime, WorkingDays
from callcenter.domain.policy import Clock, Label, Policy, RuleBook, Rules
from callcenter.errors import ShouwenError

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = ("seconds", "minutes", "hours")


class BadPolicy(ShouwenError):
    """The policy file is not usable."""


class _Table:
    """One table of the file: it knows its place in it and refuses keys that nobody asked for."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise BadPolicy(f"{place}: a table is needed here")
        self._value: dict[str, Any] = value
        self.place = place
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._value

    def get(self, key: str, kind: type, what: str) -> Any:
        if not self.has(key):
            raise BadPolicy(f"{self.place}: {key} is missing ({what})")
        value = self._value[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadPolicy(f"{self.place}.{key}: {value!r} is not {what}")
        return value

    def text(self, key: str) -> str:
        value: str = self.get(key, str, "a text")
        return value

    def table(self, key: str) -> _Table:
        return _Table(self.get(key, dict, "a table"), f"{self.place}.{key}")

    def tables(self, key: str) -> list[_Table]:
        items = self.get(key, list, "a list of tables")
        return [_Table(item, f"{self.place}.{key}[{index}]") for index, item in enumerate(items)]

    def texts(self) -> dict[str, str]:
        return {key: self.text(key) for key in self._value}

    def keys(self) -> list[str]:
        return list(self._value)

    def finish(self) -> None:
        unknown = sorted(set(self._value) - self._asked)
        if unknown:
            raise BadPolicy(f"{self.place}: nobody knows {', '.join(unknown)}")


def shipped_policies() -> Iterator[Path]:
    """The policy files that come with the product."""
    with resources.as_file(resources.files("callcenter.policies")) as folder:
        yield from sorted(folder.glob("*.toml"))


def load_rule_book(default: str, source: HolidaySource) -> RuleBook:
    """Every shipped policy with its calendar; raises BadPolicy, or UnknownPolicy for the default."""
    policies = [read_policy(path) for path in shipped_policies()]
    book = RuleBook(
        default=default, by_name={policy.name: with_calendar(policy, source) for policy in policies}
    )
    book.of(default)
    return book


def with_calendar(policy: Policy, source: HolidaySource) -> Rules:
    """`policy` with a calendar of its own hours."""
    return Rules(policy=policy, calendar=WorkingCalendar(zone=policy.zone, hours=policy.hours, source=source))


def read_policy(path: Path) -> Policy:
    """The policy in the file `path`; raises BadPolicy saying where and what is wrong."""
    try:
        with path.open("rb") as file:
            top = _Table(tomllib.load(file), path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPolicy(f"{path.name}: {error}") from error
    hours = top.table("hours")
    complexities = tuple(_label(table) for table in top.tables("complexities"))
    kinds = tuple(_label(table) for table in top.tables("kinds"))
    if not kinds or not complexities:
        raise BadPolicy(f"{path.name}: a policy needs at least one kind and one complexity")
    languages = top.get("languages", list, "a list of languages")
    policy = Policy(
        name=top.text("name"),
        title=top.table("title").texts(),
        languages=tuple(str(language) for language in languages),
        zone=_zone(hours),
        hours=_hours(hours),
        kinds=kinds,
        complexities=complexities,
        default_complexity=top.text("default_complexity"),
        clocks=_clocks(top.tables("clocks"), {label.key for label in complexities}),
    )
    if policy.default_complexity not in {label.key for label in complexities}:
        raise BadPolicy(f"{top.place}.default_complexity: {policy.default_complexity!r} is no complexity")
    for table in (hours, top):
        table.finish()
    return policy


def _label(table: _Table) -> Label:
    label = Label(key=table.text("key"), names=table.table("names").texts())
    table.finish()
    return label


def _zone(hours: _Table) -> ZoneInfo:
    name = hours.text("zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadPolicy(f"{hours.place}.zone: {name!r} is no zone of the IANA database") from error


def _hours(hours: _Table) -> ServiceHours:
    days = [(number, name) for number, name in enumerate(_WEEKDAYS) if hours.has(name)]
    standard = _spans(hours, "working_day")
    if not standard:
        raise BadPolicy(f"{hours.place}.working_day: a working day needs opening hours")
    return ServiceHours(
        standard=standard, weekdays=tuple((number, _spans(hours, name)) for number, name in days)
    )


def _spans(hours: _Table, key: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in hours.get(key, list, 'a list such as ["08:30-12:00", "14:00-17:30"]'):
        try:
            opens, closes = (time.fromisoformat(part) for part in str(text).split("-"))
        except ValueError as error:
            raise BadPolicy(f"{hours.place}.{key}: {text!r} is not hours such as 08:30-12:00") from error
        if opens >= closes or (spans and spans[-1].closes > opens):
            raise BadPolicy(f"{hours.place}.{key}: {text!r} does not follow in order of time")
        spans.append(Span(opens, closes))
    return tuple(spans)


def _clocks(tables: list[_Table], complexities: set[str]) -> Mapping[str, Clock]:
    clocks: dict[str, Clock] = {}
    for table in tables:
        rule = table.text("rule")
        for complexity, limit in _limits(table):
            if complexity is not None and complexity not in complexities:
                raise BadPolicy(f"{table.place}: {complexity!r} is no complexity of this policy")
            name = rule.lower() if complexity is None else f"{rule.lower()}-{complexity}"
            if name in clocks:
                raise BadPolicy(f"{table.place}: there is a clock {name} already")
            clocks[name] = Clock(
                name=name,
                rule=rule,
                channel=table.text("channel"),
                starts=table.text("starts"),
                stops=table.text("stops"),
                limit=limit,
                complexity=complexity,
            )
        table.finish()
    return clocks


def _limits(table: _Table) -> Iterator[tuple[str | None, Limit]]:
    units = [unit for unit in (*_UNITS, "working_days") if table.has(unit)]
    if len(units) != 1:
        raise BadPolicy(f"{table.place}: one of {', '.join(_UNITS)} or working_days is needed")
    unit = units[0]
    make = _maker(table, unit)
    by_complexity = unit == "working_days" and isinstance(table.get(unit, object, "a limit"), dict)
    source = table.table(unit) if by_complexity else table
    for key in source.keys() if by_complexity else [unit]:
        amount: int = source.get(key, int, "a whole number")
        if amount < 1:
            raise BadPolicy(f"{source.place}.{key}: a limit is 1 or more")
        yield key if by_complexity else None, make(amount)


def _maker(table: _Table, unit: str) -> Callable[[int], Limit]:
    if unit == "working_days":
        return lambda amount: WorkingDays(days=amount)
    runs = table.text("runs")
    if runs == "always":
        return lambda amount: Elapsed(span=timedelta(**{unit: amount}))
    if runs == "service_hours":
        return lambda amount: ServiceTime(span=timedelta(**{unit: amount}))
    raise BadPolicy(f"{table.place}.runs: {runs!r} is neither always nor service_hours")
