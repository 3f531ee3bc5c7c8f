"""The form of a ticket: its fields as they are stored, as they are typed, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import FormData

from callcenter.domain.tickets import Ticket, TicketForm, WishedReply
from web.i18n import N_
from web.reading import text_of

LONGEST_VERSION = 18
"""Digits of a BIGINT."""
FIELDS = ("kind", "complexity", "contact_name", "contact_phone", "details", "wished_reply", "version")
UNKNOWN_CHOICE = N_("Please choose one of the list.")


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
    )


def typed(form: FormData) -> Blank:
    """The fields as they were typed."""
    return Blank({name: text_of(form, name) for name in FIELDS})


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


def filled_in(fields: Mapping[str, str]) -> TicketForm:
    """The form to save; there must be no `problems` with it."""
    return TicketForm(
        kind=fields["kind"],
        contact_name=fields["contact_name"] or None,
        contact_phone=fields["contact_phone"] or None,
        details=fields["details"],
        wished_reply=WishedReply(fields["wished_reply"]) if fields["wished_reply"] else None,
        complexity=fields["complexity"],
    )


def version_of(fields: Mapping[str, str]) -> int | None:
    """The version of the ticket that the form was written over; None if the form does not say."""
    written = fields["version"]
    return int(written) if written.isdecimal() and len(written) <= LONGEST_VERSION else None
