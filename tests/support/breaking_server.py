"""A server of one file over HTTP that breaks off, changes its mind or answers wrongly, as a test tells it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class OneFile:
    """What is served, and how. `breaks`: bytes that each answer in turn sends before it breaks off; then all."""

    content: bytes
    etag: str | None = '"1"'
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int | None = None
    location: str | None = None
    no_length: bool = False
    off_by: int = 0
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(file: OneFile) -> Iterator[OneFile]:
    """Serve it; `address` says where, `asked` gathers the Range of every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            file.asked.append(wanted)
            if file.status is not None:
                self.send_response(file.status)
                if file.location:
                    self.send_header("Location", file.location)
                self.end_headers()
                return
            start = 0
            if file.ranges and wanted and self.headers.get("If-Range") == file.etag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(file.content):
                    self.send_response(416)
                    self.end_headers()
                    return
            rest = file.content[start:]
            self.send_response(206 if start else 200)
            if start:
                first, last = start + file.off_by, len(file.content) - 1
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(file.content)}")
            if file.etag:
                self.send_header("ETag", file.etag)
            if not file.no_length:
                self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if file.breaks:
                rest = rest[: file.breaks.pop(0)]
                self.close_connection = True
            self.wfile.write(rest)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    file.address = f"http://127.0.0.1:{server.server_address[1]}/vosk-model-small.zip"
    try:
        yield file
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
