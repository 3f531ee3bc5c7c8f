"""What a request may bring: forms and JSON are small, names have no NUL; anything else is refused before it is read."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import problem

LONGEST_BODY = 256 * 1024
LONGEST_UPLOAD = 10 * 1024 * 1024 + LONGEST_BODY
"""Files of a ticket, recordings of prompts: ten MiB, and the form around them."""
UPLOADS = re.compile(r"(/api/v1)?/(tickets/[^/]+/attachments|prompts/[^/]+/[^/]+/versions)")


class BodyTooLong(Exception):
    """The body grew past the limit while it was read."""


class BodyLimit:
    """Refuses bodies of more than 256 KiB (files: 10 MiB), announced or not, and NUL in path or query."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request through while it is small."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # no text of the database can hold it, so nothing is there under such a name
            refusal = problem(404 if "\0" in scope["path"] else 422, "NUL is no character of a name")
            await refusal(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        upload = scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"])
        longest = LONGEST_UPLOAD if upload else LONGEST_BODY
        if not announced.isdigit() or int(announced) > longest:
            await _refuse(scope, receive, send)
            return
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > longest:
                raise BodyTooLong
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noting)
        except BodyTooLong:
            if started:
                raise
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem(
        413, "That is too much at once", instance=scope["path"], headers={"connection": "close"}
    )
    await response(scope, receive, send)
