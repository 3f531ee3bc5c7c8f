"""The language that a caller chose: kept for their number, forgotten when they take it back or call no more."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Protocol

from callcenter.domain.calls import LANGUAGES, Call, CallEvent, Kind

KEPT = timedelta(days=365)
"""A number that has not called for so long has to choose again: it is personal, and may be somebody else's by then."""
NUMBER = re.compile(r"\+?[0-9]{3,15}")
"""What can be somebody's number; nothing is remembered for anything else."""


class CallerLanguages(Protocol):
    """Choices in and out of the database; see `callcenter.db.caller_languages`."""

    def remember(self, number: str, language: str, at: datetime) -> None: ...
    def forget(self, number: str, at: datetime) -> None: ...
    def used(self, number: str, at: datetime) -> None: ...
    def forget_unused(self, before: datetime) -> int: ...
    def of_ticket(self, number: str) -> str | None: ...


class LanguageUnitOfWork(Protocol):
    """A unit of work that has them."""

    @property
    def caller_languages(self) -> CallerLanguages: ...


def follow_language(uow: LanguageUnitOfWork, event: CallEvent, call: Call) -> None:
    """What an event of a call says of the caller's language; never of a withheld number."""
    number = call.caller
    if number is None or not NUMBER.fullmatch(number):
        return
    if event.kind is Kind.ARRIVED and event.data.get("remembered"):
        uow.caller_languages.used(number, event.at)
    elif event.kind is Kind.LANGUAGE:
        chosen, own = str(event.data["language"]), event.data.get("own")
        if chosen == own:
            uow.caller_languages.forget(number, event.at)
        elif chosen in LANGUAGES:
            uow.caller_languages.remember(number, chosen, event.at)


def forget_old_languages(uow: LanguageUnitOfWork, now: datetime) -> int:
    """Forget the numbers that have not called for a year; how many those were."""
    return uow.caller_languages.forget_unused(now - KEPT)
