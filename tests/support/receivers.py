"""Real receivers of reminders on loopback: one that speaks HTTP, one that speaks SMTP."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpReceiver:
    """Takes JSON posts; answers `status`, after `hold` if that is set."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.hold: threading.Event | None = None

    @property
    def url(self) -> str:
        """Its address as Apprise writes it, with a key that must be seen nowhere."""
        return f"json://desk:Geheim-Key-77@127.0.0.1:{self.port}/hook"


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    """A server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.hold is not None:
                receiver.hold.wait(30)
            if receiver.status == 200:
                receiver.got.append(json.loads(body))
            self.send_response(receiver.status)
            if receiver.status == 302:
                self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = HttpReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


class SmtpReceiver:
    """Takes mails."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[str] = []
        self.recipients: list[str] = []


@contextmanager
def smtp_receiver() -> Iterator[SmtpReceiver]:
    """A server on a free port that speaks as much of RFC 5321 as a mail needs."""

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 desk.test ready")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    mail = b""
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        mail += part
                    receiver.mails.append(mail.decode())
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    if verb == "RCPT":
                        receiver.recipients.append(line)
                    self.say("250 desk.test")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    receiver = SmtpReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
