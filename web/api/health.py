"""Health, for whoever asks."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Response

from web.api.models import HealthOut, JournalOut, PartsOut
from web.deps import ConsoleDep
from web.health import Status

router = APIRouter(tags=["health"])
VERSION = version("shouwen")


@router.get("/health", responses={503: {"model": HealthOut}}, summary="The state of every part")
async def health(console: ConsoleDep, response: Response) -> HealthOut:
    """503 when no call can come in; asks nobody, the answer is already there."""
    report = console.health.report()
    if report.status is Status.DOWN:
        response.status_code = 503
    return HealthOut(
        status=report.status.value,
        version=VERSION,
        parts=PartsOut(
            asterisk=report.asterisk,
            agi=report.agi,
            database=report.database,
            worker=report.worker,
            journal=JournalOut(backlog=report.backlog),
        ),
    )
