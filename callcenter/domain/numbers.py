"""Ticket numbers: YYMMDD-N-SSS…, the day, the node and the running number of that day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from callcenter.errors import ShouwenError

CONSOLE_NODE = 0
"""Tickets opened in the console or over the API; the nodes of Asterisks start at 1."""

_PATTERN = re.compile(r"([0-9]{6})-(0|[1-9][0-9]?)-([0-9]{3}|[1-9][0-9]{3,})")


class BadTicketNumber(ShouwenError):
    """This is not a ticket number: write YYMMDD-N-SSS, such as 261120-1-007."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TicketNumber:
    """A ticket's number. `serial` starts at 1 each day of each node."""

    day: date
    node: int
    serial: int

    def __str__(self) -> str:
        return f"{self.day:%y%m%d}-{self.node}-{self.serial:03d}"


def parse_number(text: str) -> TicketNumber:
    """The number written as `text`; the century is 20. Raises BadTicketNumber."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise BadTicketNumber
    try:
        day = datetime.strptime(f"20{match[1]}", "%Y%m%d").date()
    except ValueError as error:
        raise BadTicketNumber from error
    if int(match[3]) == 0:
        raise BadTicketNumber
    return TicketNumber(day=day, node=int(match[2]), serial=int(match[3]))
