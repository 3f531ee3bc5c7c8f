"""Who saw a ticket's personal data, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.access import Access, Seen, Via
from web.i18n import N_, Speech

WAYS: Mapping[Via, str] = {
    Via.PAGE: N_("On a page"),
    Via.API: N_("Over the API"),
    Via.RECORDING: N_("Listened to"),
    Via.EXPORT: N_("In a file taken away"),
}
WHAT: Mapping[Seen, str] = {
    Seen.NUMBER: N_("the number"),
    Seen.NAME: N_("the name"),
    Seen.MATTER: N_("the matter"),
    Seen.MESSAGE: N_("the text of the message"),
    Seen.SOUND: N_("the recording"),
    Seen.FILE: N_("a file of the ticket"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look, in words."""

    at: datetime
    who: str
    extension: str
    """Empty for a program."""
    how: str
    what: str


def looks(found: Iterable[Access], names: Mapping[str, str], say: Speech) -> list[Look]:
    """The looks with the names of who looked; `names` is by extension."""
    return [
        Look(
            at=access.at,
            who=names.get(access.actor, access.actor),
            extension=access.actor if access.actor in names else "",
            how=say.gettext(WAYS[access.via]),
            what=say.gettext(", ").join(_words(access.what, say)),
        )
        for access in found
    ]


def _words(what: str, say: Speech) -> list[str]:
    return [say.gettext(WHAT[Seen(word)]) for word in what.split() if word in set(Seen)]
