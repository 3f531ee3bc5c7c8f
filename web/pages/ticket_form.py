"""The form of a ticket: its fields as they are stored, as they are typed, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData

from callcenter.domain.chain import TicketEvent
from callcenter.domain.policy import FormField, Needed, Policy
from callcenter.domain.tickets import EventKind, Ticket, TicketForm, WishedReply
from callcenter.services.ticket_forms import BadForm, OpeningFieldsMissing, missing_fields
from web.i18n import N_, Speech
from web.labels import WISHED_REPLIES
from web.reading import text_of
from web.views.step_words import OWN_FIELDS
from web.views.tickets import name_of

LONGEST_VERSION = 18
"""Digits of a BIGINT."""
PREFIX = "field-"
"""How the name of a field of the policy's own begins."""
MATTER = ("kind", "complexity", "contact_name", "contact_phone", "details", "wished_reply")
FIELDS = (*MATTER, "version")
UNKNOWN_CHOICE = N_("Please choose one of the list.")
UNKNOWN_FIELD = N_("This kind of matter has no such field.")
FILL_IN = N_("Please fill this in.")


class Blank(dict[str, str]):
    """Texts by name; one that is not there is empty, so that templates may ask for any."""

    def __missing__(self, key: str) -> str:
        """The empty text."""
        return ""


def stored(ticket: Ticket) -> Blank:
    """The fields as they are stored."""
    return Blank(
        kind=ticket.kind,
        complexity=ticket.complexity,
        contact_name=ticket.contact_name or "",
        contact_phone=ticket.contact_phone or "",
        details=ticket.details,
        wished_reply=ticket.wished_reply.value if ticket.wished_reply else "",
        version=str(ticket.version),
        **{PREFIX + key: value for key, value in ticket.fields.items()},
    )


def typed(form: FormData) -> Blank:
    """The fields as they were typed."""
    own = [name for name in form if name.startswith(PREFIX)]
    return Blank({name: text_of(form, name) for name in (*FIELDS, *own)})


def written(fields: Mapping[str, str], own: Iterable[FormField], say: Speech) -> list[tuple[str, str]]:
    """What was typed in words of one's own, each with the label of its field."""
    found = [
        (say.gettext(OWN_FIELDS[key]), fields[key]) for key in ("contact_name", "contact_phone", "details")
    ]
    found += [(each.names.get(say.language) or each.key, fields[PREFIX + each.key]) for each in own]
    return [(label, text) for label, text in found if text]


def problems(fields: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the form, by field; what only the policy knows is not looked at."""
    found: dict[str, str] = {}
    if not fields["details"]:
        found["details"] = N_("Please write down what it is about, one line is enough.")
    phone = fields["contact_phone"]
    if phone and not (
        sum(c.isdigit() for c in phone) >= 3 and all(c.isdigit() or c in "+-() #*" for c in phone)
    ):
        found["contact_phone"] = N_("Please write a telephone number: three digits or more.")
    if fields["wished_reply"] and fields["wished_reply"] not in set(WishedReply):
        found["wished_reply"] = UNKNOWN_CHOICE
    return found


def filled_in(fields: Mapping[str, str], own: Iterable[FormField] = ()) -> TicketForm:
    """The form to save, with the policy's `own` fields; there must be no `problems` with it."""
    return TicketForm(
        kind=fields["kind"],
        contact_name=fields["contact_name"] or None,
        contact_phone=fields["contact_phone"] or None,
        details=fields["details"],
        wished_reply=WishedReply(fields["wished_reply"]) if fields["wished_reply"] else None,
        complexity=fields["complexity"],
        fields={each.key: fields[PREFIX + each.key] for each in own if PREFIX + each.key in fields},
    )


def refused(error: BadForm) -> dict[str, str]:
    """What the use case refused, at the fields of the form."""
    if isinstance(error, OpeningFieldsMissing):
        return {key if key in OWN_FIELDS else PREFIX + key: FILL_IN for key in error.fields}
    return {error.field: FILL_IN if error.missing else UNKNOWN_CHOICE}


def version_of(fields: Mapping[str, str]) -> int | None:
    """The version of the ticket that the form was written over; None if the form does not say."""
    written = fields["version"]
    return int(written) if written.isdecimal() and len(written) <= LONGEST_VERSION else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnField:
    """A field of the policy's own on a form."""

    id: str
    label: str
    needed: str
    long: bool


def own_fields(policy: Policy, channel: str, kind: str) -> list[FormField]:
    """The fields of the form beside those that every ticket has."""
    return [each for each in policy.form_fields(channel, kind) if each.key not in OWN_FIELDS]


def shown_fields(policy: Policy, channel: str, kind: str, say: Speech) -> list[OwnField]:
    """The same as a form shows them."""
    return [
        OwnField(
            id=PREFIX + each.key,
            label=each.names.get(say.language) or each.key,
            needed=each.needed.value,
            long=each.long,
        )
        for each in own_fields(policy, channel, kind)
    ]


def needed_of(policy: Policy, channel: str, kind: str) -> dict[str, str]:
    """When each field that every ticket has must be there: `opening` or `closing`."""
    return {
        each.key: each.needed.value
        for each in policy.form_fields(channel, kind)
        if each.key in OWN_FIELDS and each.needed is not Needed.NEVER
    }


def field_name(policy: Policy, key: str, say: Speech) -> str:
    """What a field of the form is called."""
    if key in OWN_FIELDS:
        return say.gettext(OWN_FIELDS[key])
    return name_of(policy.fields, key, say)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A field that the policy asks for and that holds nothing; `at` is its place on the page."""

    name: str
    at: str


def still_missing(policy: Policy, ticket: Ticket, needed: Needed, say: Speech) -> list[Missing]:
    """What the policy asks for by then, with links to where it is filled in."""
    return [
        Missing(name=field_name(policy, key, say), at=_place(key))
        for key in missing_fields(policy, ticket.channel, ticket, needed)
    ]


def _place(key: str) -> str:
    if key == "satisfaction":
        return f"step-{EventKind.SATISFACTION_GIVEN.value}"
    return key if key in OWN_FIELDS else PREFIX + key


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that two people changed: what was typed here, and what is stored now."""

    name: str
    typed: str
    stored: str


def written_over(events: Sequence[TicketEvent], version: int, policy: Policy) -> dict[str, str]:
    """The fields as they were at `version`, by the log."""
    found = dict.fromkeys(MATTER, "")
    found |= {"kind": policy.kinds[0].key, "complexity": policy.default_complexity}
    for event in events[:version]:
        for key in MATTER:
            if key in event.data and event.kind in _TELLS:
                value = event.data[key]
                found[key] = "" if value is None else str(value)
        own = event.data.get("fields")
        if event.kind in _TELLS and isinstance(own, Mapping):
            found |= {PREFIX + key: str(value) for key, value in own.items()}
    return found


_TELLS = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.OPENED,
        EventKind.CONTACT_HEARD,
        EventKind.FORM_SAVED,
        EventKind.COMPLEXITY_SET,
    }
)


def merged(
    mine: Mapping[str, str], theirs: Mapping[str, str], before: Mapping[str, str]
) -> tuple[Blank, list[str]]:
    """The form to go on with, and the fields to compare.

    What only a colleague changed is taken from them, what only this form changed stays as typed; where both
    did, the typed text stays in the form and the field is named.
    """
    form, conflicts = Blank(theirs), []
    for key in mine:
        own, now = mine[key], theirs.get(key, "")
        if key == "version" or own == now or own == before.get(key, ""):
            continue
        form[key] = own
        if now != before.get(key, ""):
            conflicts.append(key)
    return form, conflicts


def differences(
    keys: Iterable[str], mine: Mapping[str, str], theirs: Mapping[str, str], policy: Policy, say: Speech
) -> list[Difference]:
    """The fields side by side, choices by their names."""

    def words(key: str, value: str) -> str:
        if key == "kind":
            return name_of(policy.kinds, value, say)
        if key == "complexity":
            return name_of(policy.complexities, value, say)
        if key == "wished_reply":
            return say.gettext(WISHED_REPLIES[value]) if value in WISHED_REPLIES else say.gettext("No wish")
        return value

    return [
        Difference(
            name=field_name(policy, key.removeprefix(PREFIX), say),
            typed=words(key, mine.get(key, "")),
            stored=words(key, theirs.get(key, "")),
        )
        for key in keys
    ]
