"""A fake Asterisk: speaks FastAGI line by line over a real socket, and badly on request."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

ENVIRONMENT = (
    "agi_network: yes",
    "agi_network_script: {entry}",
    "agi_request: agi://127.0.0.1/{entry}",
    "agi_channel: PJSIP/101-0000002a",
    "agi_language: zh",
    "agi_type: PJSIP",
    "agi_uniqueid: 1763800000.7",
    "agi_callerid: 13800138000",
    "agi_calleridname: {name}",
)


def request(entry: str, *args: str, name: str = "王小明") -> bytes:
    """What Asterisk sends when the dialplan runs AGI(agi://host/ENTRY,ARGS…)."""
    lines = [line.format(entry=entry, name=name) for line in ENVIRONMENT]
    lines += [f"agi_arg_{index}: {arg}" for index, arg in enumerate(args, 1)]
    return "".join(f"{line}\n" for line in [*lines, ""]).encode()


class FakeAsterisk:
    """One side of a conversation. `answer` sends a response, `command` reads what was asked."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak over a connected socket; nothing is waited for longer than 10 s."""
        self.connection = connection
        connection.settimeout(10)
        self._received = b""

    @classmethod
    def dial(cls, port: int) -> Self:
        """Connect to a server on this machine."""
        return cls(socket.create_connection(("127.0.0.1", port), timeout=10))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def begin(self, entry: str, *args: str, name: str = "王小明") -> None:
        """Send the environment."""
        self.connection.sendall(request(entry, *args, name=name))

    def send(self, data: bytes) -> None:
        """Send anything."""
        self.connection.sendall(data)

    def command(self) -> str:
        """The next command; an empty string when the other side closed."""
        while b"\n" not in self._received:
            try:
                data = self.connection.recv(4096)
            except ConnectionResetError:
                return ""
            if not data:
                return ""
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        return line.decode()

    def is_closed(self) -> bool:
        """Whether the other side closes within 10 s."""
        try:
            return self.connection.recv(4096) == b""
        except ConnectionResetError:
            return True

    def answer(self, *lines: str) -> str:
        """Read one command, send these lines as its response, return the command."""
        asked = self.command()
        self.send("".join(f"{line}\n" for line in lines).encode())
        return asked

    def play(self, *answers: str | Sequence[str]) -> list[str]:
        """Answer one command after the other; returns the commands."""
        return [self.answer(*([answer] if isinstance(answer, str) else answer)) for answer in answers]
