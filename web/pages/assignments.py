"""Assignments that offices have not done yet, overdue first."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from callcenter.domain.access import Via
from callcenter.domain.today import OpenAssignment
from callcenter.services.rules import policies_of
from web import seeing
from web.deps import PageDep
from web.views.tickets import name_of

router = APIRouter()
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One assignment of an office."""

    what: OpenAssignment
    contact: str
    question: str
    leads: bool
    taken_by: str
    is_late: bool


@router.get("/assignments")
def show(page: PageDep) -> HTMLResponse:
    """By office: whoever has the longest overdue one first."""
    console, now, viewer = page.console, page.console.clock(), page.reader.viewer
    with console.work() as work:
        found = work.today.open_assignments(SHOWN)
        numbers = sorted({each.number for each in found})
        told = work.today.assignment_events(numbers)
        tickets = {ticket.number: ticket for ticket in work.tickets.many(numbers)}
        policies = policies_of(work, tickets.values())
        seeing.tickets(work, viewer, Via.PAGE, tickets.values(), now)
    by_office: dict[str, list[Line]] = {}
    for each in found:
        ticket = tickets[each.number]
        words = told.get((each.number, each.office), {})
        line = Line(
            what=each,
            contact=ticket.contact_name or "",
            question=words.get("question", ""),
            leads=words.get("role") == "lead",
            taken_by=words.get("by", ""),
            is_late=now > each.due_at,
        )
        by_office.setdefault(name_of(policies[each.number].offices, each.office, page.say), []).append(line)
    return page("assignments.html", "tickets", offices=by_office)
