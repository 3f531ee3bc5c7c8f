"""Every address of the web process, built once: there are some 130 of them, and each costs a millisecond or two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from web import api, pages
from web.live import captions, socket
from web.wechat import routes as service_account


@cache
def all_routes() -> Sequence[BaseRoute]:
    """The same for every application of the process; what they differ in lies in `app.state`."""
    root = APIRouter()
    root.include_router(api.router())
    root.include_router(pages.router(), include_in_schema=False)
    root.include_router(service_account.router, include_in_schema=False)
    root.include_router(socket.router)
    root.include_router(captions.router)
    # FastAPI makes included routes when they are first looked through: here, so that the first request, which may be
    # a message of the platform's with its five seconds, does not wait for all of them.
    for _ in iter_route_contexts(root.routes):
        pass
    return root.routes


@cache
def document(title: str, version: str) -> dict[str, Any]:
    """The OpenAPI document of all of them, made when first asked for."""
    return api.describe(title, version, all_routes())
