"""Files of tickets: added by a form, taken away by those who may see the ticket in full."""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from callcenter.db.attachment_files import AttachmentFiles
from callcenter.domain.access import Via
from callcenter.domain.attachments import Attachment, AttachmentTooLarge, BadAttachment, EmptyAttachment
from callcenter.services.attachments import UnknownAttachment, get_attachment
from callcenter.settings import Settings
from web import seeing
from web.changing import ticket_to_change
from web.deps import PageDep, RowId
from web.reading import go
from web.uploads import UploadDep, receive

router = APIRouter()
REFUSED: dict[type[BadAttachment], str] = {
    EmptyAttachment: "no-file",
    AttachmentTooLarge: "file-too-large",
    BadAttachment: "odd-file",
}


@router.post("/tickets/{number}/attachments")
def add(page: PageDep, form: UploadDep, number: str) -> Response:
    """Put files on the ticket: all of them or none."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        ticket_to_change(work, number, viewer, now)
    try:
        with ExitStack() as stack:
            uploads = receive(stack, form, AttachmentFiles(page.console.settings.attachments))
            with page.console.work() as work:
                ticket_to_change(work, number, viewer, now)
                uploads.put(work, number, viewer.extension, now)
                work.commit()
    except BadAttachment as error:
        return go(f"/tickets/{number}", REFUSED[type(error)])
    return go(f"/tickets/{number}", "attached")


@router.get("/attachments/{attachment_id}")
def fetch(page: PageDep, attachment_id: RowId) -> FileResponse:
    """The file, to be saved: never shown by the browser in our name."""
    viewer, now = page.reader.viewer, page.console.clock()
    with page.console.work() as work:
        attachment = get_attachment(work, attachment_id)
        ticket_to_change(work, attachment.ticket, viewer, now)
        seeing.attachment(work, viewer, Via.PAGE, attachment.ticket, now)
    return as_download(page.console.settings, attachment)


def as_download(settings: Settings, attachment: Attachment) -> FileResponse:
    """The content as a file to save; raises UnknownAttachment when it is not there."""
    path = AttachmentFiles(settings.attachments).place(attachment)
    if path is None:
        raise UnknownAttachment
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f"attachment; filename*=utf-8''{quote(attachment.file.name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return FileResponse(path, media_type=attachment.file.media_type, headers=headers)
