"""The JSON API: one file per noun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from web.api import (
    absences,
    access,
    analysis,
    assignments,
    attachments,
    calendar,
    call_backs,
    calls,
    files,
    handovers,
    health,
    offices,
    opinions,
    policies,
    prompts,
    proposals,
    registration,
    reminders,
    reports,
    staff,
    supervision,
    ticket_actions,
    ticket_steps,
    tickets,
    today,
    transcripts,
)
from web.api.models import ProblemOut
from web.problems import MEDIA_TYPE

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": ProblemOut, "description": "No valid token"},
    403: {"model": ProblemOut, "description": "Not open to this token or actor"},
    404: {"model": ProblemOut, "description": "Not there"},
    409: {"model": ProblemOut, "description": "The ticket's state does not allow it"},
    422: {"model": ProblemOut, "description": "Not understood"},
    503: {"model": ProblemOut, "description": "The database does not answer"},
}

PARTS = (
    absences,
    access,
    analysis,
    assignments,
    attachments,
    calendar,
    call_backs,
    calls,
    files,
    handovers,
    offices,
    opinions,
    policies,
    prompts,
    proposals,
    registration,
    reminders,
    reports,
    staff,
    supervision,
    ticket_actions,
    ticket_steps,
    tickets,
    today,
    transcripts,
)


async def refuse_nul(request: Request) -> None:
    """Raises HTTPException for a body with a NUL in one of its texts: the database can hold none."""
    if request.method == "GET" or request.headers.get("content-type", "").startswith("multipart/"):
        return
    try:
        has_nul = _has_nul(await request.json())
    except ValueError:
        return  # whoever reads the body says so
    except RecursionError as error:
        raise HTTPException(422) from error
    if has_nul:
        raise HTTPException(422)


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_nul, value)) or any(map(_has_nul, value.values()))
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


def router() -> APIRouter:
    """Everything below /api/v1."""
    root = APIRouter(prefix="/api/v1", dependencies=[Depends(refuse_nul)])
    root.include_router(health.router)
    for part in PARTS:
        root.include_router(part.router, responses=REFUSALS)
    return root


def describe(title: str, version: str, routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI document: refusals are problem details, not plain JSON."""
    schema = get_openapi(title=title, version=version, routes=routes)
    for path in schema["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                body = content.get("application/json", {})
                if body.get("schema", {}).get("$ref", "").endswith("/ProblemOut"):
                    response["content"] = {MEDIA_TYPE: body}
    return schema
