"""A language model's server as LocalModel knows it: two routes of OpenAI's protocol, answers by the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Brain = Callable[[dict[str, Any]], str | bytes]
"""What the model says (a text), or the whole body (bytes), to a request for a completion."""


@contextmanager
def serving_model(brain: Brain, *, status: int = 200) -> Iterator[str]:
    """The server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(json.dumps({"object": "list", "data": [{"id": "small", "object": "model"}]}).encode())

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/chat/completions"
            assert request["model"] == "small"
            said = brain(request)
            if isinstance(said, str):
                message = {"role": "assistant", "content": said}
                said = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
            self._send(said)

        def _send(self, body: bytes) -> None:
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "http://192.0.2.1/v1/models")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
