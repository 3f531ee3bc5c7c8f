"""The console: one file per noun."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import calls, desk, duty, login, recordings, ticket_actions, tickets


def router() -> APIRouter:
    """Every page and form."""
    root = APIRouter()
    for part in (login, desk, calls, tickets, ticket_actions, recordings, duty):
        root.include_router(part.router)
    return root
