"""Whose name and matter are to be said: the calls in progress whose ticket tells something new."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.briefings import spoken_form
from callcenter.domain.read_outs import LONGEST_NAME, is_persons_name, read_out
from callcenter.domain.tickets import Ticket
from callcenter.runtime import spoken
from callcenter.services.rules import rules_of
from callcenter.settings import Settings

SETTLED = timedelta(seconds=2)
"""A call that lasts no longer is handed to nobody: on a busy line many are over by then."""

Units = Callable[[], AbstractContextManager[SqlUnitOfWork]]


class ReadOuts:
    """What every caller in progress is called, as last said; forgotten with the call."""

    def __init__(self, settings: Settings, units: Units) -> None:
        """Nothing is known before `look`."""
        self._settings = settings
        self._units = units
        self._versions: dict[str, int] = {}
        self._said: dict[str, str] = {}
        self._waiting: dict[str, str] = {}

    def look(self) -> None:
        """See whose ticket changed, and whose call is over."""
        with self._units() as uow:
            live = uow.typed_handoffs.tickets_in_calls(datetime.now(UTC) - SETTLED)
            changed = {
                linkedid: ticket
                for linkedid, number, version in live
                if self._versions.get(linkedid) != version and (ticket := uow.tickets.get(number)) is not None
            }
            texts = {linkedid: self._text(uow, ticket) for linkedid, ticket in changed.items()}
        self._versions |= {linkedid: ticket.version for linkedid, ticket in changed.items()}
        for linkedid, text in texts.items():
            if text != self._said.get(linkedid, ""):
                self._waiting[linkedid] = text
        for linkedid in self._versions.keys() - {linkedid for linkedid, _, _ in live}:
            for known in (self._versions, self._said, self._waiting):
                known.pop(linkedid, None)
            spoken.forget_caller(self._settings, linkedid)

    def next(self) -> tuple[str, str, str] | None:
        """A call's linkedid, what is to be said of the caller, and in which language."""
        for linkedid, text in list(self._waiting.items()):
            if text:
                return linkedid, text, self._settings.language
            spoken.forget_caller(self._settings, linkedid)  # what was known is not any more
            self.done(linkedid, text)
        return None

    def done(self, linkedid: str, text: str) -> None:
        """It is said, or cannot be."""
        self._said[linkedid] = text
        if self._waiting.get(linkedid) == text:
            del self._waiting[linkedid]

    def _text(self, uow: SqlUnitOfWork, ticket: Ticket) -> str:
        language = self._settings.language
        name, matter = ticket.contact_name or "", None
        if ticket.form_saved_at is not None:
            kind = rules_of(uow, ticket).policy.kind(ticket.kind)
            matter = kind.names.get(language) if kind else None
        elif not is_persons_name(name):
            name = ""
        # without a name the number is read, which every ticket of a shown number has
        return read_out(
            name=spoken_form(name[:LONGEST_NAME]) or None,
            number=ticket.contact_phone,
            matter=spoken_form(matter or "") or None,
            language=language,
        )
