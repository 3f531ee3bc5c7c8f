"""Files that a form brings: spooled by the framework, read a piece at a time, put on a ticket whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from callcenter.db.attachment_files import Arriving, AttachmentFiles, copy_into
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.attachments import Attachment, EmptyAttachment, ReceivedFile, Source
from callcenter.services.attachments import attach
from web import csrf
from web.deps import ProgramDep, ReaderDep
from web.errors import ForgedForm

MOST_FILES = 10


async def get_upload(request: Request, reader: ReaderDep) -> AsyncIterator[FormData]:
    """A form with files from one of our own pages; raises ForgedForm."""
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        if not csrf.equal(reader.csrf, form.get(csrf.FIELD)):
            raise ForgedForm
        yield form


async def get_program_upload(request: Request, program: ProgramDep) -> AsyncIterator[FormData]:
    """A form with files from a program with a token."""
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        yield form


UploadDep = Annotated[FormData, Depends(get_upload)]
ProgramUploadDep = Annotated[FormData, Depends(get_program_upload)]


class Uploads:
    """The files of one form, received: `put` them on a ticket, then the caller commits."""

    def __init__(self, received: Sequence[tuple[Arriving, ReceivedFile]]) -> None:
        self._received = received

    def put(self, work: SqlUnitOfWork, number: str, actor: str, now: datetime) -> list[Attachment]:
        """On the ticket, with the content in its place. Raises UnknownTicket, NotAllowed."""
        files = [file for _, file in self._received]
        added = attach(work, number, files, source=Source.STAFF, actor=actor, now=now)
        for arriving, file in self._received:
            arriving.keep(file)
        return added


def receive(stack: ExitStack, form: FormData, folder: AttachmentFiles) -> Uploads:
    """The form's files, each looked at; what is not put on a ticket goes when `stack` ends. Raises BadAttachment."""
    received = []
    for upload in form.getlist("file"):
        # A browser sends an empty file where none was chosen.
        if isinstance(upload, UploadFile) and (upload.filename or upload.size):
            arriving = stack.enter_context(folder.receive())
            copy_into(arriving, upload.file)
            received.append((arriving, arriving.finish(upload.filename or "")))
    if not received:
        raise EmptyAttachment
    return Uploads(received)
