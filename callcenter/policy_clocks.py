"""The clocks and the steps up of a policy file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta

from callcenter.domain.clocks import Elapsed, Limit, ServiceTime, WorkingDays
from callcenter.domain.policy import Clock, Escalation, EscalationRole
from callcenter.domain.tickets import EventKind
from callcenter.toml_table import Faults, Table

_UNITS = ("seconds", "minutes", "hours")
_OF_CALLS = ("answered", "greeted", "handoff_requested", "handoff_completed")
"""What happens in a call and not on a ticket: the clocks on it are read by the reports (H10, H11)."""
EVENTS = (*_OF_CALLS, *(kind.value for kind in EventKind))


def read_clocks(
    tables: list[Table], channels: Collection[str], kinds: Collection[str], complexities: Collection[str]
) -> Mapping[str, Clock]:
    """The clocks by name."""
    clocks: dict[str, Clock] = {}
    faults = Faults()
    for table in tables:
        with faults:
            rule = table.text("rule", '"H12"')
            warn_before = _span(table.table("warn_before")) if table.has("warn_before") else None
            per = table.choice("per", ("office",), "")
            # A second clock of the same rule, such as one for walk-ins beside one for all, needs a name of its own.
            own = table.text("variant", '"walk_in"') if table.has("variant") else None
            otherwise = table.choice("otherwise", complexities, "")
            for complexity, kind, limit in _limits(table, kinds, complexities):
                variant = complexity or kind or own
                name = f"{rule.lower()}-{variant}" if variant else rule.lower()
                if name in clocks:
                    raise table.fault(
                        "rule", f'there is a clock {name} already: give this one a variant = "…"'
                    )
                clocks[name] = Clock(
                    name=name,
                    rule=rule,
                    channel=table.choice("channel", (*channels, "any")),
                    starts=_events(table, "starts"),
                    stops=_events(table, "stops"),
                    limit=limit,
                    complexity=complexity,
                    kind=kind or (table.choice("kind", kinds) if table.has("kind") else None),
                    otherwise=complexity is not None and complexity == otherwise,
                    warn_before=warn_before,
                    pauses=table.flag("pauses"),
                    extendable=table.flag("extendable"),
                    repeats=table.flag("repeats"),
                    once=table.flag("once"),
                    per_office=per == "office",
                )
            table.finish()
    faults.tell()
    return clocks


def _events(table: Table, key: str) -> tuple[str, ...]:
    events = table.list_of(key, EVENTS)
    if not events:
        raise table.fault(key, f'is missing, write for example {key} = "opened"')
    return events


def _limits(
    table: Table, kinds: Collection[str], complexities: Collection[str]
) -> Iterator[tuple[str | None, str | None, Limit]]:
    """Each limit with the complexity or the kind that it is for."""
    units = [unit for unit in (*_UNITS, "working_days") if table.has(unit)]
    if len(units) != 1:
        raise table.fault("", f"one of {', '.join(_UNITS)} or working_days is needed, such as hours = 2")
    unit = units[0]
    make = _maker(table, unit)
    if not isinstance(table.get(unit, object, f"{unit} = 3"), dict):
        yield None, None, make(table.number(unit, least=1, example=3))
        return
    by_key = table.table(unit)
    for key in by_key:
        limit = make(by_key.number(key, least=1, example=3))
        if key in complexities:
            yield key, None, limit
        elif key in kinds:
            yield None, key, limit
        else:
            known = ", ".join([*complexities, *kinds])
            raise by_key.fault(key, f"is no complexity or kind of this policy; there is {known}")


def _maker(table: Table, unit: str) -> Callable[[int], Limit]:
    if unit == "working_days":
        return lambda amount: WorkingDays(days=amount)
    if table.choice("runs", ("service_hours", "always")) == "always":
        return lambda amount: Elapsed(span=timedelta(**{unit: amount}))
    return lambda amount: ServiceTime(span=timedelta(**{unit: amount}))


def _span(table: Table) -> timedelta:
    units = {unit: table.number(unit, least=0, example=4) for unit in _UNITS if table.has(unit)}
    table.finish()
    if not units:
        raise table.fault("", "a span is needed, such as { hours = 4 }")
    return timedelta(**units)


def read_escalations(tables: list[Table]) -> tuple[Escalation, ...]:
    """The steps up in order: each names whom it goes on to; raises BadPolicy for a circle or a loose end."""
    steps: dict[str, tuple[Table, Escalation, str]] = {}
    faults = Faults()
    for table in tables:
        with faults:
            role = EscalationRole(table.choice("role", EscalationRole))
            if role in steps:
                raise table.fault("role", f"there is a step for {role} already")
            when = table.choice("told", ("warning", "breach"))
            after = _span(table.table("after")) if table.has("after") else timedelta(0)
            then = table.choice("then", EscalationRole, "")
            step = Escalation(role=role, after=None if when == "warning" else after)
            steps[role] = (table, step, then)
            table.finish()
    faults.tell()
    firsts = [role for role in steps if role not in {then for _, _, then in steps.values()}]
    if steps and len(firsts) != 1:
        table = next(iter(steps.values()))[0]
        raise table.fault(
            "then", f"the steps {', '.join(steps)} go in a circle or apart: one must be the first"
        )
    ordered: list[Escalation] = []
    next_role = firsts[0] if firsts else ""
    while next_role:
        table, step, then = steps.pop(next_role)
        ordered.append(step)
        if then and then not in steps:
            raise table.fault("then", f"{then} has no step of its own, or the steps go in a circle")
        next_role = then
    if steps:
        table = next(iter(steps.values()))[0]
        raise table.fault("then", f"the steps {', '.join(steps)} go in a circle")
    return tuple(ordered)
