"""How the desk asks the captioner for a place to send a leg's sound to: a line each way on a Unix socket."""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from callcenter.runtime import calls_first
from callcenter.settings import Settings

SOCKET = "captions.sock"
LONGEST = 4_096
ASK_S = 0.5
_ANSWER = re.compile(r"(\d{1,5}) ([0-9a-f-]{36})\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party of a call; `extension` is empty for the caller."""

    linkedid: str
    extension: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Asterisk sends the sound: a port of loopback, and the id by which it is told apart there."""

    port: int
    id: str


def address(settings: Settings) -> Path:
    """Where the captioner listens."""
    return calls_first.address(settings, SOCKET)


def ask(settings: Settings, leg: Leg) -> Place | None:
    """A place for the leg's sound; None if nobody makes captions, or there are enough already.

    Whoever answers is sent what callers say: a folder that somebody else made (in /tmp, for a long home) is not asked.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ASK_S)
        try:
            if address(settings).parent.lstat().st_uid != os.geteuid():
                return None
            connection.connect(str(address(settings)))
            connection.sendall(json.dumps(asdict(leg)).encode() + b"\n")
            with connection.makefile(encoding="ascii", errors="replace") as answer:
                match = _ANSWER.fullmatch(answer.readline(64))
        except OSError:
            return None
    return Place(port=int(match[1]), id=match[2]) if match else None


def read_leg(line: bytes) -> Leg | None:
    """The leg of a question; None if it is none."""
    try:
        values = json.loads(line)
        if all(isinstance(each, str) for each in values.values()):
            return Leg(**values)
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    return None
