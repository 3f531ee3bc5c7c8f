"""What time alone does to tickets: warnings, breaches, steps up."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from callcenter.domain.alarms import alarms, overdue
from callcenter.domain.ticket_clocks import fold_clocks
from callcenter.domain.tickets import Change, Ticket
from callcenter.errors import ShouwenError
from callcenter.services.ports import UnitOfWork
from callcenter.services.rules import rules_of
from callcenter.services.ticket_log import SYSTEM, record, refresh

log = logging.getLogger(__name__)

PUT_OFF = timedelta(hours=1)
_SWEEP = 200


def record_alarms(uow: UnitOfWork, now: datetime) -> list[tuple[Ticket, tuple[Change, ...]]]:
    """Log each warning, breach and step up whose time has come, once; at most 200 tickets at a time.

    Tickets that another worker has locked are left to it. Each ticket comes with what was logged of it. One whose
    rules cannot be read (any more) is put off and must not hold up the others.
    """
    done: list[tuple[Ticket, tuple[Change, ...]]] = []
    for ticket in uow.tickets.to_act(now, _SWEEP):
        try:
            changes = _due_changes(uow, ticket, now)
        except ShouwenError:
            log.exception("no alarm for this ticket until its rules can be read ticket=%s", ticket.number)
            uow.tickets.put_off(ticket.number, now + PUT_OFF)
            continue
        if changes:
            done.append((record(uow, ticket, *changes, actor=SYSTEM, at=now), changes))
        else:
            refresh(uow, ticket, now)
    return done


def _due_changes(uow: UnitOfWork, ticket: Ticket, now: datetime) -> tuple[Change, ...]:
    events = uow.tickets.events(ticket.number)
    rules = rules_of(uow, ticket)
    clocks = fold_clocks(events, rules, ticket.channel, now)
    return tuple(alarm.change for alarm in overdue(alarms(clocks, events, rules), now))
