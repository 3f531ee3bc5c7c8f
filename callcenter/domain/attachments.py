"""Files that belong to tickets: which kinds there are, told by their content, and what they may be called."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.errors import ShouwenError

LARGEST = 10 * 1024 * 1024
"""Bytes of one file, at most."""
HEAD = 64
"""So many bytes from its beginning tell what a file is."""
NAME_LIMIT = 120

ENDINGS: Mapping[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
}
"""Every kind of file that is kept, and how its name ends."""
_OTHER_ENDINGS = {"image/jpeg": (".jpeg", ".jpe"), "video/mp4": (".m4v", ".m4a"), "audio/wav": (".wave",)}


class BadAttachment(ShouwenError):
    """The file is of no kind that is kept: picture (PNG, JPEG, WebP, GIF), PDF, AMR, MP3, WAV or MP4."""


class EmptyAttachment(BadAttachment):
    """There is no file, or nothing is in it."""


class AttachmentTooLarge(BadAttachment):
    """A file may have 10 MiB at most."""


class NoRoom(ShouwenError):
    """The disk is nearly full: calls, recordings and the database come first."""


class Source(StrEnum):
    """Where a file came from; the table stores these names."""

    STAFF = "staff"
    SERVICE_ACCOUNT = "service_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file that was received whole. `path` is relative to the folder of attachments; `size` in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a ticket; `added_by` is an extension, or `system`."""

    id: int
    ticket: str
    file: ReceivedFile
    source: Source
    added_by: str
    added_at: datetime


def media_type_of(head: bytes) -> str | None:
    """The kind of a file that begins with `head`; None if it is none of those kept. Names are not asked."""
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp" and head[8:12] not in _STILL_PICTURES:
        return "video/mp4"
    # An MPEG audio frame without tag: sync word, then layer III and a bit rate that exists.
    if (
        len(head) >= 3
        and head[0] == 0xFF
        and head[1] in (0xFA, 0xFB, 0xF2, 0xF3)
        and head[2] >> 4 not in (0, 15)
    ):
        return "audio/mpeg"
    return None


_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)
_STILL_PICTURES = frozenset({b"heic", b"heix", b"mif1", b"avif", b"msf1"})


def clean_name(name: str, media_type: str) -> str:
    """A name without folders, control and direction characters, that ends as its content is.

    What only changes the direction of writing could show "exe.png" for "gnp.exe".
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    kept = " ".join(kept.split()).rstrip(". ")
    ending = ENDINGS[media_type]
    for known in (ending, *_OTHER_ENDINGS.get(media_type, ())):
        if kept.lower().endswith(known):
            kept = kept[: -len(known)]
            break
    kept = kept[: NAME_LIMIT - len(ending)].strip(". ")
    return (kept or "file") + ending
