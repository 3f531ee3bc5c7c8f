"""The transcripts of a period for a manager to take away: read, masked unless asked in full, noted as a look."""

from __future__ import annotations

from callcenter import transcript_files
from callcenter.domain.periods import read_period
from callcenter.transcript_files import Line
from web import seeing
from web.console import Console
from web.errors import NotForYou
from web.viewer import Viewer


def read_transcripts(
    console: Console, viewer: Viewer, since: str | None, until: str | None, *, in_full: bool
) -> list[Line]:
    """The lines of the period. Managers alone (NotForYou); each time is in the list of looks. Raises BadPeriod."""
    if not viewer.is_manager:
        raise NotForYou
    now, zone = console.clock(), console.settings.zone
    period = read_period(since, until, zone, now)
    with console.work_over(period) as work:
        found = work.transcripts.of_period(period.start, period.end, transcript_files.MOST)
        texts = sum(bool(stored.reading) for stored, _, _ in found)
        first, last = (at.astimezone(zone).date().isoformat() for at in (period.start, period.end))
        how = "in full" if in_full else "masked"
        seeing.transcripts(
            work,
            viewer,
            f"transcripts {how} {first} to {last}",
            texts=texts,
            in_full=in_full,
            now=now,
        )
    return transcript_files.lines(found, zone, in_full=in_full)
