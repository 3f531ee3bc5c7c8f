"""The console: one file per noun."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import access, call_backs, calls, desk, duty, login, recordings, reports, ticket_actions, tickets


def router() -> APIRouter:
    """Every page and form."""
    root = APIRouter()
    for part in (call_backs, login, desk, calls, tickets, ticket_actions, recordings, duty, reports, access):
        root.include_router(part.router)
    return root
