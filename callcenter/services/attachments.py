"""Files that belong to tickets: each enters the ticket's log with its hash, so that the chain covers its content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from callcenter.domain.attachments import Attachment, ReceivedFile, Source
from callcenter.domain.chain import Value
from callcenter.domain.tickets import Change, EventKind, next_status
from callcenter.errors import ShouwenError
from callcenter.services.ports import UnitOfWork
from callcenter.services.ticket_log import lock_ticket, record


class UnknownAttachment(ShouwenError):
    """There is no such file."""


class Attachments(Protocol):
    """Files of tickets; see `callcenter.db.attachments`."""

    def add(
        self, number: str, file: ReceivedFile, *, source: Source, added_by: str, at: datetime
    ) -> Attachment: ...
    def get(self, attachment_id: int) -> Attachment | None: ...
    def of_ticket(self, number: str) -> list[Attachment]: ...


class AttachmentUnitOfWork(UnitOfWork, Protocol):
    """A transaction that keeps files."""

    @property
    def attachments(self) -> Attachments: ...


def attach(
    uow: AttachmentUnitOfWork,
    number: str,
    files: Sequence[ReceivedFile],
    *,
    source: Source,
    actor: str,
    now: datetime,
) -> list[Attachment]:
    """Put files on a ticket; the caller has their content in place before it commits.

    Raises UnknownTicket; NotAllowed on a dismissed ticket.
    """
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.ATTACHED)
    added = [uow.attachments.add(number, file, source=source, added_by=actor, at=now) for file in files]
    record(uow, ticket, *(_change(file) for file in files), actor=actor, at=now)
    return added


def _change(file: ReceivedFile) -> Change:
    data: dict[str, Value] = {
        "text": file.name,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "size": file.size,
    }
    return EventKind.ATTACHED, data


def get_attachment(uow: AttachmentUnitOfWork, attachment_id: int) -> Attachment:
    """One file; raises UnknownAttachment."""
    found = uow.attachments.get(attachment_id)
    if found is None:
        raise UnknownAttachment
    return found
