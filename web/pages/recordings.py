"""Recordings: sound for those who may hear it, in ranges so that a player can seek."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.transcripts import StoredTranscript
from web import seeing
from web.deps import PageDep, RowId
from web.errors import NoSuchRecording, NotForYou
from web.viewer import Viewer
from web.views.transcripts import Message

router = APIRouter()
TYPES = {".wav": "audio/wav", ".ogg": "audio/ogg", ".mp3": "audio/mpeg"}


@router.get("/recordings/{recording_id}")
def play(page: PageDep, recording_id: RowId) -> FileResponse:
    """The sound file; unknown, removed or outside the folder of recordings: NoSuchRecording."""
    with page.console.work() as work:
        stored = work.transcripts.get(recording_id)
        if stored is None:
            raise NoSuchRecording
        if not may_hear(work, stored, page.reader.viewer):
            raise NotForYou
        seeing.recording(work, page.reader.viewer, stored, page.console.clock())
    folder = page.console.settings.recordings.resolve()
    path = (folder / stored.recording.path).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise NoSuchRecording
    headers = {"cache-control": "private, no-store", "content-disposition": "inline"}
    return FileResponse(path, media_type=TYPES.get(path.suffix, "application/octet-stream"), headers=headers)


@router.get("/recordings/{recording_id}/progress")
def progress(page: PageDep, recording_id: RowId) -> HTMLResponse:
    """How much of it is written: the page asks while it is being transcribed. It shows none of the words."""
    with page.console.work() as work:
        stored = work.transcripts.get(recording_id)
        if stored is None:
            raise NoSuchRecording
        if not may_hear(work, stored, page.reader.viewer):
            raise NotForYou
    return page("parts/transcript_progress.html", "tickets", message=Message.of(stored, None))


def may_hear(work: SqlUnitOfWork, stored: StoredTranscript, viewer: Viewer) -> bool:
    """Whether the recording's ticket or call lets the reader hear it."""
    call = work.calls.get(stored.recording.linkedid)
    number = stored.recording.ticket or (call.ticket if call else None)
    ticket = work.tickets.get(number) if number else None
    return viewer.may_hear(ticket, call)
