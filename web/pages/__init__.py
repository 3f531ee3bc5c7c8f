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
    handovers,
    login,
    offices,
    opinions,
    pass_on,
    policies,
    prompts,
    proposals,
    recordings,
    registration,
    reminders,
    reports,
    supervision,
    ticket_actions,
    ticket_steps,
    tickets,
    today,
    transcripts,
)

PARTS = (
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
    handovers,
    login,
    offices,
    opinions,
    pass_on,
    policies,
    prompts,
    proposals,
    recordings,
    registration,
    reminders,
    reports,
    supervision,
    ticket_actions,
    ticket_steps,
    tickets,
    today,
    transcripts,
)


def router() -> APIRouter:
    """Every page and form."""
    root = APIRouter()
    for part in PARTS:
        root.include_router(part.router)
    return root
