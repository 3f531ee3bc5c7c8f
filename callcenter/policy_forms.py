"""What a policy file says of forms, satisfaction, offices, checklists, reminders and supervision."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from callcenter.domain.calendar import Span
from callcenter.domain.policy import (
    Checklist,
    FormField,
    Heard,
    Kind,
    Label,
    Needed,
    Office,
    Reminders,
    RuleNote,
    Satisfaction,
    Score,
    Supervision,
)
from callcenter.domain.steps import KIND_STEPS
from callcenter.toml_table import Faults, Table, wall_time

OWN_FIELDS = ("contact_name", "contact_phone", "details", "wished_reply", "result", "satisfaction")
"""Fields of every ticket: a policy may say when they are needed."""
SHOWS = ("number", "kind", "channel", "due", "contact_name")
"""What a reminder may show; a telephone number never leaves the product."""
LANGUAGES = ("zh", "en")
"""Languages that callers speak."""
WEIGHTS = ("on_time", "satisfied", "checks", "greeted")


def read_label(table: Table) -> Label:
    """A key with its names."""
    label = Label(key=table.text("key", '"inquiry"'), names=table.names("names"))
    table.finish()
    return label


def read_labels(tables: list[Table]) -> tuple[Label, ...]:
    """Keys with their names; each once."""
    found: dict[str, Label] = {}
    faults = Faults()
    for table in tables:
        with faults:
            label = read_label(table)
            _only_once(table, label, found.values())
            found[label.key] = label
    faults.tell()
    return tuple(found.values())


def _only_once(table: Table, label: Label, before: Iterable[Label]) -> None:
    if label.key in {each.key for each in before}:
        raise table.fault("key", f"there is {label.key!r} already")


def read_kinds(tables: list[Table]) -> tuple[Kind, ...]:
    """The kinds of matter."""
    kinds: dict[str, Kind] = {}
    faults = Faults()
    for table in tables:
        with faults:
            steps = table.list_of("steps", KIND_STEPS)
            words = _words(table)
            label = read_label(table)
            _only_once(table, label, kinds.values())
            kinds[label.key] = Kind(key=label.key, names=label.names, steps=steps, words=words)
    faults.tell()
    return tuple(kinds.values())


def _words(table: Table) -> dict[str, tuple[str, ...]]:
    """What callers say of a kind, such as { zh = ["投诉"], en = ["complain"] }."""
    if not table.has("words"):
        return {}
    words = table.table("words")
    found = {language: words.list_of(language) for language in LANGUAGES}
    for language, each in found.items():
        if not all(word.strip() for word in each):
            raise words.fault(language, "has an empty word, which everybody says")
    words.finish()
    return found


def read_fields(
    tables: list[Table], channels: Collection[str], kinds: Collection[str]
) -> tuple[FormField, ...]:
    """The fields of forms."""
    fields: list[FormField] = []
    faults = Faults()
    for table in tables:
        with faults:
            key = table.text("key", '"wechat_id"')
            names = {} if key in OWN_FIELDS and not table.has("names") else table.names("names")
            fields.append(
                FormField(
                    key=key,
                    names=names,
                    rule=table.text("rule", '"H31"'),
                    needed=Needed(table.choice("needed", Needed, Needed.NEVER)),
                    channels=table.list_of("channels", channels),
                    kinds=table.list_of("kinds", kinds),
                    long=table.flag("long"),
                    heard=Heard(table.choice("heard", Heard)) if table.has("heard") else None,
                )
            )
            table.finish()
    faults.tell()
    return tuple(fields)


def read_satisfaction(tables: list[Table]) -> tuple[Satisfaction, ...]:
    """The scale, in the order of the file; digits of the telephone's keys 1 to 9, each once."""
    scale: list[Satisfaction] = []
    faults = Faults()
    for table in tables:
        with faults:
            digit = table.number("digit", least=1, example=1) if table.has("digit") else None
            if digit is not None and (digit > 9 or digit in {each.digit for each in scale}):
                raise table.fault("digit", f"{digit} is no key from 1 to 9, or taken already")
            reopens = table.flag("reopens")
            label = read_label(table)
            _only_once(table, label, scale)
            scale.append(Satisfaction(key=label.key, names=label.names, digit=digit, reopens=reopens))
    faults.tell()
    return tuple(scale)


def read_offices(tables: list[Table]) -> tuple[Office, ...]:
    """The directory of offices (S1)."""
    offices: list[Office] = []
    faults = Faults()
    for table in tables:
        with faults:
            duties, contact = table.names("duties"), table.text("contact") if table.has("contact") else ""
            label = read_label(table)
            _only_once(table, label, offices)
            offices.append(Office(key=label.key, names=label.names, duties=duties, contact=contact))
    faults.tell()
    return tuple(offices)


def read_checklists(tables: list[Table], kinds: Collection[str]) -> tuple[Checklist, ...]:
    """The one-time notices (S21)."""
    found: list[Checklist] = []
    faults = Faults()
    for table in tables:
        with faults:
            kind = table.choice("kind", kinds)
            papers = read_labels(table.tables("papers"))
            procedure, limit = table.names("procedure"), table.names("limit")
            label = read_label(table)
            _only_once(table, label, found)
            found.append(
                Checklist(
                    key=label.key,
                    names=label.names,
                    kind=kind,
                    papers=papers,
                    procedure=procedure,
                    limit=limit,
                )
            )
    faults.tell()
    return tuple(found)


def read_reminders(table: Table | None) -> Reminders:
    """When reminders go out and what they show."""
    if table is None:
        return Reminders()
    reminders = Reminders(
        quiet=tuple(_span(table, text) for text in table.list_of("quiet")),
        digest_at=table.moment("digest_at") if table.has("digest_at") else None,
        shows=table.list_of("shows", SHOWS) or ("number",),
    )
    table.finish()
    return reminders


def _span(table: Table, text: str) -> Span:
    """Quiet hours; "20:00-08:00" runs over midnight."""
    try:
        begin, end = (wall_time(part) for part in text.split("-"))
    except ValueError as error:
        raise table.fault("quiet", f'{text!r} are no hours, write for example "20:00-08:00"') from error
    return Span(begin, end)


def read_supervision(table: Table | None) -> Supervision:
    """Spot checks and the yearly list."""
    if table is None:
        return Supervision()
    scores: list[Score] = []
    for each in table.tables("scores"):
        rule, points = each.text("rule", '"T40"'), each.number("points", least=1, example=25)
        label = read_label(each)
        scores.append(Score(key=label.key, names=label.names, rule=rule, points=points))
    weights: dict[str, int] = {}
    if table.has("weights"):
        parts = table.table("weights")
        weights = {key: parts.number(key, least=0, example=25) for key in WEIGHTS if parts.has(key)}
        parts.finish()
        if sum(weights.values()) != 100:
            raise parts.fault("", f"the weights add up to {sum(weights.values())}, not to 100")
    supervision = Supervision(
        scores=tuple(scores),
        checks_per_month=table.number("checks_per_month", least=0, example=10),
        weights=weights,
        commended=table.number("commended", least=0, example=3),
        least_matters=table.number("least_matters", least=0, example=20) if table.has("least_matters") else 0,
        contact=table.names("contact") if table.has("contact") else {},
    )
    table.finish()
    return supervision


def read_rules(tables: list[Table]) -> tuple[RuleNote, ...]:
    """How each rule of the regulation is kept."""
    notes: dict[str, RuleNote] = {}
    faults = Faults()
    for table in tables:
        with faults:
            rule = table.text("id", '"H12"')
            if rule in notes:
                raise table.fault("id", f"{rule} has a note already")
            how = table.choice("how", ("enforced", "supported", "excused"))
            notes[rule] = RuleNote(rule=rule, how=how, by=table.names("by"))
            table.finish()
    faults.tell()
    return tuple(notes.values())
