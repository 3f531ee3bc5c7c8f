"""Policies read from TOML: those that come with the product, and a centre's own that stand over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from callcenter.domain.calendar import HolidaySource, ServiceHours, Span, WorkingCalendar
from callcenter.domain.own_days import OwnDayKind, OwnDays
from callcenter.domain.policy import Kind, Label, Policy, Reminders, RuleBook, Rules, Supervision
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
from callcenter.toml_table import BadPolicy, Faults, Table, read_table, wall_time

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
    book = _book(default, [read_policy(path) for path in policy_paths(own).values()], source)
    book.of(default)
    return book


def on_holidays(book: RuleBook, source: HolidaySource) -> RuleBook:
    """The same policies on calendars with other notices."""
    return _book(book.default, [rules.policy for rules in book.by_name.values()], source)


def _book(default: str, policies: Iterable[Policy], source: HolidaySource) -> RuleBook:
    return RuleBook(
        default=default,
        by_name={policy.name: with_calendar(policy, source) for policy in policies},
        parse=lambda text: with_calendar(read_policy_text("an earlier version", text), source),
        on_days=lambda policy, days: with_calendar(policy, source, days),
    )


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
    return read_policy_text(path.name, text, must_be=path.stem)


def read_policy_text(name: str, text: str, *, must_be: str | None = None) -> Policy:
    """The policy of a text; `name` stands for it in errors, `must_be` is what it has to be called.

    Raises BadPolicy with every fault that can be told: one of a table, and none of what rests on a table that has one.
    """
    top, faults = read_table(name, text), Faults()
    policy = _read(top, text, must_be, faults)
    faults.tell()
    return policy


def _read(top: Table, text: str, must_be: str | None, faults: Faults) -> Policy:
    read = faults.read
    called = read(lambda: _name(top, must_be), "")
    zone, hours = read(lambda: _opening(top.table("hours")), (ZoneInfo("UTC"), ServiceHours(standard=())))
    channels: tuple[Label, ...] = read(
        lambda: _some(top, "channels", read_labels(top.tables("channels"))), ()
    )
    kinds: tuple[Kind, ...] = read(lambda: _some(top, "kinds", read_kinds(top.tables("kinds"))), ())
    complexities: tuple[Label, ...] = read(
        lambda: _some(top, "complexities", read_labels(top.tables("complexities"))), ()
    )
    closures, openings = read(lambda: _own_days(top), (frozenset[date](), frozenset[date]()))
    policy = Policy(
        name=called,
        title=read(lambda: top.names("title"), {}),
        languages=read(lambda: top.list_of("languages", ("zh", "en")), ()),
        zone=zone,
        hours=hours,
        channels=channels,
        kinds=kinds,
        complexities=complexities,
        default_complexity="",
        clocks={},
        escalations=read(lambda: read_escalations(top.tables("escalations")), ()),
        satisfaction=read(lambda: read_satisfaction(top.tables("satisfaction")), ()),
        offices=read(lambda: read_offices(top.tables("offices")), ()),
        reminders=read(lambda: read_reminders(_optional(top, "reminders")), Reminders()),
        supervision=read(lambda: read_supervision(_optional(top, "supervision")), Supervision()),
        rules=read(lambda: read_rules(top.tables("rules")), ()),
        closures=closures,
        openings=openings,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        source=text,
    )
    if not (channels and kinds and complexities):
        return policy
    channel_keys, kind_keys, complexity_keys = _keys(channels), _keys(kinds), _keys(complexities)
    policy = replace(
        policy,
        default_complexity=read(lambda: top.choice("default_complexity", complexity_keys), ""),
        clocks=read(lambda: read_clocks(top.tables("clocks"), channel_keys, kind_keys, complexity_keys), {}),
        fields=read(lambda: read_fields(top.tables("fields"), channel_keys, kind_keys), ()),
        checklists=read(lambda: read_checklists(top.tables("checklists"), kind_keys), ()),
    )
    with faults:
        top.finish()
    return policy


L = TypeVar("L", bound=Label)


def _some(top: Table, key: str, found: tuple[L, ...]) -> tuple[L, ...]:
    if not found:
        example = f'[[{key}]] with key = "one" and names = {{ zh = "一", en = "One" }}'
        raise top.fault(key, f"at least one is needed, write for example {example}")
    return found


def _optional(top: Table, key: str) -> Table | None:
    return top.table(key) if top.has(key) else None


def _name(top: Table, must_be: str | None) -> str:
    name = top.text("name", '"our-centre"')
    if must_be is not None and name != must_be:
        raise top.fault("name", f"{name!r} must be the name of the file, {must_be!r}")
    return name


def _opening(table: Table) -> tuple[ZoneInfo, ServiceHours]:
    faults = Faults()
    zone = faults.read(lambda: _zone(table), ZoneInfo("UTC"))
    hours = faults.read(lambda: _hours(table), ServiceHours(standard=()))
    with faults:
        table.finish()
    faults.tell()
    return zone, hours


def _own_days(top: Table) -> tuple[frozenset[date], frozenset[date]]:
    table = _optional(top, "calendar")
    if table is None:
        return frozenset(), frozenset()
    closures, openings = table.days("closures"), table.days("openings")
    if both := closures & openings:
        raise table.fault("openings", f"{min(both)} is both a closure and an opening")
    table.finish()
    return closures, openings


def _keys(labels: Iterable[Label]) -> tuple[str, ...]:
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
            opens, closes = (wall_time(part) for part in str(text).split("-"))
        except ValueError as error:
            raise hours.fault(key, f"{text!r} is not hours such as 08:30-12:00") from error
        if opens >= closes or (spans and spans[-1].closes > opens):
            raise hours.fault(key, f"{text!r} does not follow in order of time")
        spans.append(Span(opens, closes))
    return tuple(spans)
