"""Policies read from TOML: those that come with the product, and a centre's own that stand over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import time
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import HolidaySource, ServiceHours, Span, WorkingCalendar
from callcenter.domain.own_days import OwnDayKind, OwnDays
from callcenter.domain.policy import Policy, RuleBook, Rules
from callcenter.policy_clocks import read_clocks, read_escalations
from callcenter.policy_forms import (
    read_checklists,
    read_fields,
    read_kinds,
    read_labels,
    read_offices,
    read_reminders,
    read_rules,
    read_satisfaction,
    read_supervision,
)
from callcenter.toml_table import BadPolicy, Lines, Table, read_table

__all__ = ["BadPolicy", "load_rule_book", "policy_paths", "read_policy", "read_policy_text", "with_calendar"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def shipped_policies() -> Iterator[Path]:
    """The policy files that come with the product."""
    with resources.as_file(resources.files("callcenter.policies")) as folder:
        yield from sorted(folder.glob("*.toml"))


def policy_paths(own: Path | None = None) -> dict[str, Path]:
    """Every policy file by its name: the product's, and in their place or beside them those of the folder `own`."""
    paths = {path.stem: path for path in shipped_policies()}
    if own is not None and own.is_dir():
        paths.update({path.stem: path for path in sorted(own.glob("*.toml"))})
    return dict(sorted(paths.items()))


def load_rule_book(default: str, source: HolidaySource, own: Path | None = None) -> RuleBook:
    """Every policy with its calendar; raises BadPolicy, or UnknownPolicy for the default."""
    policies = [read_policy(path) for path in policy_paths(own).values()]
    book = RuleBook(
        default=default,
        by_name={policy.name: with_calendar(policy, source) for policy in policies},
        parse=lambda text: with_calendar(read_policy_text("an earlier version", text), source),
        on_days=lambda policy, days: with_calendar(policy, source, days),
    )
    book.of(default)
    return book


def with_calendar(policy: Policy, source: HolidaySource, own_days: OwnDays | None = None) -> Rules:
    """`policy` with a calendar of its own hours and days; `own_days` stand over the policy's."""
    days = own_days or {}
    closed = {day for day, kind in days.items() if kind is OwnDayKind.CLOSURE}
    calendar = WorkingCalendar(
        zone=policy.zone,
        hours=policy.hours,
        source=source,
        closures=policy.closures - days.keys() | closed,
        openings=policy.openings - days.keys() | (days.keys() - closed),
    )
    return Rules(policy=policy, calendar=calendar)


def read_policy(path: Path) -> Policy:
    """The policy in the file `path`; raises BadPolicy saying where and what is wrong."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"{path.name}: cannot be read: {error}") from error
    policy = read_policy_text(path.name, text)
    if policy.name != path.stem:
        line = Lines(path.name, text).place("name")
        raise BadPolicy(f"{line}: {policy.name!r} must be the name of the file, {path.stem!r}")
    return policy


def read_policy_text(name: str, text: str) -> Policy:
    """The policy of a text; `name` stands for it in errors. Raises BadPolicy."""
    return _read(read_table(name, text), text)


def _read(top: Table, text: str) -> Policy:
    hours = top.table("hours")
    channels = read_labels(top.tables("channels"))
    kinds = read_kinds(top.tables("kinds"))
    complexities = read_labels(top.tables("complexities"))
    for key, found in (("channels", channels), ("kinds", kinds), ("complexities", complexities)):
        if not found:
            example = f'[[{key}]] with key = "one" and names = {{ zh = "一", en = "One" }}'
            raise top.fault(key, f"at least one is needed, write for example {example}")
    channel_keys, kind_keys = _keys(channels), _keys(kinds)
    own_days = top.table("calendar") if top.has("calendar") else None
    policy = Policy(
        name=top.text("name", '"our-centre"'),
        title=top.names("title"),
        languages=top.list_of("languages", ("zh", "en")),
        zone=_zone(hours),
        hours=_hours(hours),
        channels=channels,
        kinds=kinds,
        complexities=complexities,
        default_complexity=top.choice("default_complexity", _keys(complexities)),
        clocks=read_clocks(top.tables("clocks"), channel_keys, kind_keys, _keys(complexities)),
        fields=read_fields(top.tables("fields"), channel_keys, kind_keys),
        escalations=read_escalations(top.tables("escalations")),
        satisfaction=read_satisfaction(top.tables("satisfaction")),
        offices=read_offices(top.tables("offices")),
        checklists=read_checklists(top.tables("checklists"), kind_keys),
        reminders=read_reminders(top.table("reminders") if top.has("reminders") else None),
        supervision=read_supervision(top.table("supervision") if top.has("supervision") else None),
        rules=read_rules(top.tables("rules")),
        closures=own_days.days("closures") if own_days else frozenset(),
        openings=own_days.days("openings") if own_days else frozenset(),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        source=text,
    )
    if own_days and (both := policy.closures & policy.openings):
        raise own_days.fault("openings", f"{min(both)} is both a closure and an opening")
    for table in (hours, *([own_days] if own_days else []), top):
        table.finish()
    return policy


def _keys(labels: Iterable[Any]) -> tuple[str, ...]:
    return tuple(label.key for label in labels)


def _zone(hours: Table) -> ZoneInfo:
    name = hours.text("zone", '"Asia/Shanghai"')
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise hours.fault(
            "zone", f"{name!r} is no zone of the IANA database, such as Asia/Shanghai"
        ) from error


def _hours(hours: Table) -> ServiceHours:
    days = [(number, name) for number, name in enumerate(_WEEKDAYS) if hours.has(name)]
    standard = _spans(hours, "working_day")
    if not standard:
        raise hours.fault("working_day", 'a working day needs opening hours, such as ["08:30-12:00"]')
    return ServiceHours(
        standard=standard, weekdays=tuple((number, _spans(hours, name)) for number, name in days)
    )


def _spans(hours: Table, key: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in hours.get(key, list, f'{key} = ["08:30-12:00", "14:00-17:30"]'):
        try:
            opens, closes = (time.fromisoformat(part) for part in str(text).split("-"))
        except ValueError as error:
            raise hours.fault(key, f"{text!r} is not hours such as 08:30-12:00") from error
        if opens >= closes or (spans and spans[-1].closes > opens):
            raise hours.fault(key, f"{text!r} does not follow in order of time")
        spans.append(Span(opens, closes))
    return tuple(spans)
