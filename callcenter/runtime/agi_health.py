"""Asks the FastAGI server whether it is well, in its own language."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

REQUEST = (
    b"agi_network: yes\nagi_network_script: health\nagi_request: agi://127.0.0.1/health\n"
    b"agi_channel: health\nagi_language: en\nagi_type: health\nagi_uniqueid: health\n\n"
)
REPLY = re.compile(r'SET VARIABLE "?SHOUWEN_HEALTH"? "((?:[^"\\]|\\.)*)"\s*')
LONGEST_REPLY = 65536


def probe(host: str, port: int, timeout_s: float) -> dict[str, Any] | None:
    """What the server says of itself; None when it does not say it, whole, within that time."""
    deadline = time.monotonic() + timeout_s
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(REQUEST)
            line = _read_line(connection, deadline)
            connection.sendall(b"200 result=1\n")
    except OSError:
        return None
    return parse(line)


def _read_line(connection: socket.socket, deadline: float) -> str:
    received = b""
    while b"\n" not in received and len(received) < LONGEST_REPLY:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        chunk = connection.recv(4096)
        if not chunk:
            break
        received += chunk
    return received.decode("utf-8", "replace").split("\n", 1)[0]


def parse(line: str) -> dict[str, Any] | None:
    """The JSON object in `SET VARIABLE SHOUWEN_HEALTH "…"`, escaped as AGI wants it."""
    match = REPLY.fullmatch(line)
    if not match:
        return None
    try:
        said = json.loads(re.sub(r"\\(.)", r"\1", match[1]))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
