"""The console: one file per noun."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import (
    absences,
    access,
    analysis,
    approvals,
    assignments,
    attachments,
    calendar,
    call_backs,
    calls,
    desk,
    duty,
    files,
    login,
    offices,
    opinions,
    pass_on,
    policies,
    recordings,
    registration,
    reminders,
    reports,
    supervision,
    ticket_actions,
    ticket_steps,
    tickets,
    today,
)


def router() -> APIRouter:
    """Every page and form."""
    root = APIRouter()
    for part in (
        call_backs,
        login,
        desk,
        calls,
        tickets,
        ticket_actions,
        ticket_steps,
        registration,
        recordings,
        duty,
        reports,
        access,
        approvals,
        assignments,
        calendar,
        files,
        policies,
        today,
    ):
        root.include_router(part.router)
    for part in (supervision, analysis, offices):
        root.include_router(part.router)
    for part in (absences, reminders, pass_on):
        root.include_router(part.router)
    for part in (attachments, opinions):
        root.include_router(part.router)
    return root
