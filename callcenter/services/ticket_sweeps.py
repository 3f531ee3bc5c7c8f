"""What time alone does to tickets: warnings, breaches, steps up."""

from __future__ import annotations

from datetime import datetime

from callcenter.domain.alarms import alarms, overdue
from callcenter.domain.ticket_clocks import fold_clocks
from callcenter.domain.tickets import Change, Ticket
from callcenter.services.ports import UnitOfWork
from callcenter.services.rules import rules_of
from callcenter.services.ticket_log import SYSTEM, record, refresh

_SWEEP = 200


def record_alarms(uow: UnitOfWork, now: datetime) -> list[tuple[Ticket, tuple[Change, ...]]]:
    """Log each warning, breach and step up whose time has come, once; at most 200 tickets at a time.

    Tickets that another worker has locked are left to it. Each ticket comes with what was logged of it.
    """
    done: list[tuple[Ticket, tuple[Change, ...]]] = []
    for ticket in uow.tickets.to_act(now, _SWEEP):
        log = uow.tickets.events(ticket.number)
        rules = rules_of(uow, ticket)
        clocks = fold_clocks(log, rules, ticket.channel, now)
        changes = tuple(alarm.change for alarm in overdue(alarms(clocks, log, rules), now))
        if changes:
            done.append((record(uow, ticket, *changes, actor=SYSTEM, at=now), changes))
        else:
            refresh(uow, ticket, now)
    return done
