"""Static files under an address that changes with their content, so that browsers keep them for ever."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


class Kept(StaticFiles):
    """Serves /static/VERSION/…; another version (a page from before an update) is served but not kept."""

    def __init__(self, version: str) -> None:
        """Take the version that is current."""
        super().__init__(directory=FOLDER)
        self._version = version

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file behind the version."""
        version, _, rest = path.partition("/")
        response = await super().get_response(rest, scope)
        current = version == self._version and response.status_code == 200
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        return response
