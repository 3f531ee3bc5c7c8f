"""Files of tickets over the API."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AwareDatetime
from starlette.responses import FileResponse

from callcenter.db.attachment_files import AttachmentFiles
from callcenter.domain.access import Via
from callcenter.domain.attachments import Attachment
from callcenter.services.attachments import UnknownAttachment, get_attachment
from web import seeing
from web.api.models import Shape
from web.changing import acting_for, ticket_to_change
from web.deps import ConsoleDep, ProgramDep, RowId
from web.pages.attachments import as_download
from web.reading import text_of
from web.uploads import ProgramUploadDep, receive

router = APIRouter(prefix="/tickets/{number}/attachments", tags=["tickets"])


class AttachmentOut(Shape):
    """One file. `size` in bytes; `added_by` is an extension, or `system` for what the person served sent."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    source: Literal["staff", "service_account"]
    added_by: str
    added_at: AwareDatetime


class AttachmentsOut(Shape):
    """The ticket's files in the order in which they came, all of them."""

    items: list[AttachmentOut]
    next: None = None


@router.get("", summary="The ticket's files")
def list_all(console: ConsoleDep, program: ProgramDep, number: str) -> AttachmentsOut:
    """403 for a program that does not see the ticket in full."""
    with console.work() as work:
        ticket_to_change(work, number, program, console.clock())
        found = work.attachments.of_ticket(number)
        if found:
            seeing.attachment(work, program, Via.API, number, console.clock())
    return _out(found, console.settings.zone)


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["actor", "file"],
                    "properties": {
                        "actor": {"type": "string", "description": "extension of who does it"},
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            }
        },
    }
}


@router.post("", status_code=201, summary="Add files", openapi_extra=_FORM)
def add(console: ConsoleDep, program: ProgramDep, form: ProgramUploadDep, number: str) -> AttachmentsOut:
    """All of them or none; 422 for what is no picture, PDF, sound or MP4, 413 beyond 10 MiB."""
    now = console.clock()
    with ExitStack() as stack:
        uploads = receive(stack, form, AttachmentFiles(console.settings.attachments))
        with console.work() as work:
            acting = acting_for(work, program, text_of(form, "actor"))
            ticket_to_change(work, number, program if program.is_manager else acting, now)
            added = uploads.put(work, number, acting.extension, now)
            work.commit()
    return _out(added, console.settings.zone)


@router.get("/{attachment_id}", summary="One file", response_class=FileResponse)
def fetch(console: ConsoleDep, program: ProgramDep, number: str, attachment_id: RowId) -> FileResponse:
    """Its content."""
    now = console.clock()
    with console.work() as work:
        attachment = get_attachment(work, attachment_id)
        if attachment.ticket != number:
            raise UnknownAttachment
        ticket_to_change(work, number, program, now)
        seeing.attachment(work, program, Via.API, number, now)
    return as_download(console.settings, attachment)


def _out(found: list[Attachment], zone: ZoneInfo) -> AttachmentsOut:
    items = [
        AttachmentOut(
            id=each.id,
            name=each.file.name,
            media_type=each.file.media_type,
            size=each.file.size,
            sha256=each.file.sha256,
            source=each.source.value,
            added_by=each.added_by,
            added_at=each.added_at.astimezone(zone),
        )
        for each in found
    ]
    return AttachmentsOut(items=items)
