"""Asks the running product whether it is well, over HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any

from callcenter.settings import Settings


def host(settings: Settings) -> str:
    """The address under which this machine itself reaches the console."""
    return "127.0.0.1" if settings.bind == "0.0.0.0" else settings.bind  # noqa: S104


def fetch(settings: Settings, timeout_s: float) -> dict[str, Any] | None:
    """The answer of /api/v1/health, None when there is none."""
    connection = http.client.HTTPConnection(host(settings), settings.web_port, timeout=timeout_s)
    try:
        connection.request("GET", "/api/v1/health")
        said = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None


def complaint(said: dict[str, Any] | None) -> str:
    """Which parts are not well, in one line."""
    if said is None:
        return "the console does not answer"
    parts = said.get("parts", {})
    down = [name for name, state in parts.items() if isinstance(state, str) and state != "ok"]
    return ", ".join(f"{name} is {parts[name]}" for name in down) or f"status {said.get('status')}"
