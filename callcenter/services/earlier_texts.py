"""Texts from before tickets were found by what is said in their recordings: each ticket gets its words, once."""

from __future__ import annotations

from datetime import datetime

from callcenter.services.ticket_log import lock_ticket, refresh
from callcenter.services.tickets import TicketsUnitOfWork

BATCH = 200
"""Recordings looked at in one transaction, which holds their tickets for less than a second."""


def find_earlier_texts(uow: TicketsUnitOfWork, after: int, now: datetime) -> int | None:
    """Take care of the next BATCH recordings behind the id `after`; the last one's id, None when there are no more.

    A correction was among the words that every colleague searches; it is found by those alone who may hear it.
    """
    tickets, last = uow.transcripts.not_yet_found(after, BATCH)
    for number, corrected in tickets.items():
        ticket = lock_ticket(uow, number)
        uow.transcripts.find_by_words(number)
        if corrected:
            refresh(uow, ticket, now)
    return last
