"""A test to each address of somebody: sent while they wait, with no transaction open meanwhile."""

from __future__ import annotations

from callcenter import reminder_words
from callcenter.domain.reminders import Address
from callcenter.notify import AppriseSender
from callcenter.services.staff import active_member
from web.console import Console

SENDER = AppriseSender()


def try_addresses(console: Console, extension: str) -> list[tuple[Address, str | None]]:
    """Each address with what went wrong, None if the test was taken. Raises UnknownStaff."""
    with console.work() as work:
        active_member(work, extension)
        addresses = work.reminders.addresses([extension])
    words = reminder_words.test_message(console.settings.language)
    return [(address, SENDER.send(address, words.title, words.body)) for address in addresses]
