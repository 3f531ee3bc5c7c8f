"""HTTP as uvicorn speaks it, with an end to what stands around a body: request line, headers, trailers.

Neither uvicorn nor httptools 0.9 has one: they gather a header as long as it comes, each piece with a copy of all that
came before, and meanwhile nobody else is answered.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 64 * 1024
"""Bytes without any of a body after which no more is read; a browser's head has some two thousand."""


class BoundedHttp(HttpToolsProtocol):
    """Answers 400 to a head that does not end."""

    _gathered = 0

    def data_received(self, data: bytes) -> None:
        """The next bytes; with the end of a head may come the whole of a body."""
        if self._gathered > LONGEST_HEAD:
            if not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")
            return
        self._gathered += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._gathered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body: how long that may be is said in `web.limits`."""
        self._gathered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there; what follows is the head of another."""
        self._gathered = 0
        super().on_message_complete()
