"""The transcripts of a period over the API, for managers' tokens."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from web.api.models import Shape
from web.deps import ConsoleDep, ProgramDep, Since, Until
from web.views.transcript_export import read_transcripts

router = APIRouter(prefix="/reports", tags=["reports"])


class TranscriptLineOut(Shape):
    """One recording, and what the machine and people made of it."""

    recorded_at: str
    ticket: str
    purpose: Literal["message", "briefing", "call_back"]
    language: str
    seconds: float | None
    state: Literal["pending", "done", "empty", "failed"]
    cause: str
    text: str
    machine_text: str
    corrected_by: str
    engine: str


class TranscriptsOut(Shape):
    """All of a period; `masked`: numbers and names in them are hidden."""

    masked: bool
    items: list[TranscriptLineOut]


@router.get("/transcripts", summary="What was said in a period")
def transcripts(
    console: ConsoleDep,
    program: ProgramDep,
    since: Since = None,
    until: Until = None,
    in_full: Annotated[bool, Query(description="with numbers and names; noted in the list of looks")] = False,
) -> TranscriptsOut:
    """Today without `from` and `to`. A manager's token is needed; numbers and names are hidden by default."""
    found = read_transcripts(console, program, since, until, in_full=in_full)
    return TranscriptsOut(
        masked=not in_full, items=[TranscriptLineOut.model_validate(asdict(line)) for line in found]
    )
