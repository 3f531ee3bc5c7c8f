"""pyst2's AGI put right: text over a socket, bounded lines, escaping, hang-ups and 520 as Asterisk really sends them.

pyst2 0.5.1 installs a signal handler (illegal in a thread), writes callers' numbers to stderr, sends quotes and
newlines unescaped (a caller's name could inject a command), takes `HANGUP` and end of file for a ValueError and spins
on a 520 that is cut off. Only its command methods are used; everything on the wire is here.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence

from asterisk.agi import AGI  # pyst2 has no type information: the only file that imports it

from agi.errors import AgiError, BadCommand, BadRequest, HungUp

MAX_LINE = 4096
"""Bytes of one line; Asterisk itself cuts AGI lines at 2,048."""
MAX_ENV_LINES = 200
ENV_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 60.0
"""How long a command may take beyond the time it asks for itself."""
LONGEST_SOUND_S = 120.0
"""A caller's own message is played back whole."""

KEY = "SHOUWEN_KEY"
MAX_LISTED = 1500
"""Characters of file names in one command, well below what Asterisk takes."""

_RESPONSE = re.compile(r"(\d{3})[ -]?(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(?P<value>-?[^ ]*)(?: \((?P<data>[^)]*)\))?")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


class _Silence:
    """pyst2 writes everything it does to stderr, callers' numbers included."""

    def write(self, text: str) -> None:
        """Drop it."""


class Session(AGI):  # type: ignore[misc]  # the base class is untyped
    """One FastAGI conversation over a connected socket.

    `env` holds what Asterisk sent (without the `agi_` prefix), `args` the arguments of the dialplan's AGI().
    Raises BadRequest when the other side does not speak FastAGI.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Read the environment; takes over neither closing nor shutting down the socket."""
        # not calling AGI.__init__: it installs a signal handler and reads stdin
        self.connection = connection
        self.stderr = _Silence()
        self.env: dict[str, str] = {}
        self.args: list[str] = []
        self.hung_up = False
        self._received = bytearray()
        self._get_agi_env()

    @property
    def entry(self) -> str:
        """Name of the entry asked for: the path of agi://host:port/NAME."""
        return self.env.get("network_script", "") or self.env.get("request", "").rpartition("/")[2]

    def arg(self, index: int) -> str:
        """Argument `index` of the dialplan's AGI(), counted from 0; empty when absent."""
        return self.args[index] if index < len(self.args) else ""

    def _read_line(self, deadline: float) -> str:
        """One line without its end; `deadline` (time.monotonic()) holds however slowly it drips in."""
        received = self._received
        while (end := received.find(b"\n")) < 0 and len(received) <= MAX_LINE:
            received += self._receive(deadline)
        if end < 0 or end > MAX_LINE:
            raise BadRequest("a line is longer than an AGI line can be")
        # surrogates never reach the journal: invalid bytes become U+FFFD, as the contract says of names
        line = received[:end].decode("utf-8", "replace").rstrip("\r")
        del received[: end + 1]
        return line

    def _receive(self, deadline: float) -> bytes:
        # the socket's own timeout was set for the whole of what is read; drips may not outlast it more than once
        if time.monotonic() > deadline:
            raise AgiError("Asterisk did not answer in time")
        try:
            data = self.connection.recv(8192)
        except TimeoutError as error:
            raise AgiError("Asterisk did not answer in time") from error
        except OSError as error:
            raise HungUp from error
        if not data:
            raise HungUp
        return data

    def _get_agi_env(self) -> None:
        self.connection.settimeout(ENV_TIMEOUT_S)
        deadline = time.monotonic() + ENV_TIMEOUT_S
        for _ in range(MAX_ENV_LINES):
            line = self._read_line(deadline)
            if not line:
                if "request" not in self.env:
                    raise BadRequest("no agi_request in what came")
                return
            key, colon, value = line.partition(":")
            if not colon or not key.startswith("agi_"):
                raise BadRequest("a line that is no agi_ variable")
            name = key.removeprefix("agi_")
            if name.startswith("arg_"):
                self.args.append(value[1:])
            else:
                self.env.setdefault(name, value.strip())
        raise BadRequest("more variables than Asterisk sends")

    def _quote(self, string: object) -> str:
        text = _UNSAFE.sub(" ", str(string))
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def execute(self, command: str, *args: object, takes_s: float = 0.0) -> dict[str, tuple[str, str]]:
        """Send one command, which by itself takes up to `takes_s`, and read its result.

        Raises HungUp, BadCommand, AgiError.
        """
        if self.hung_up:
            raise HungUp
        line = " ".join([command, *(str(arg) for arg in args)]).strip()
        if _UNSAFE.search(line):
            raise BadCommand(f"control characters in an AGI command: {command}")
        timeout_s = takes_s + COMMAND_TIMEOUT_S
        try:
            self.connection.settimeout(timeout_s)
            self.connection.sendall(line.encode() + b"\n")
        except OSError as error:
            raise HungUp from error
        return self._result(time.monotonic() + timeout_s)

    def _result(self, deadline: float) -> dict[str, tuple[str, str]]:
        """Read one response. Asterisk may put a line `HANGUP` before it; the response still follows."""
        line = self._read_line(deadline)
        while line == "HANGUP":
            self.hung_up = True
            line = self._read_line(deadline)
        match = _RESPONSE.fullmatch(line)
        if match is None:
            raise AgiError("a response without a code")
        code, rest = match[1], match[2]
        if code == "200":
            found = _RESULT.search(rest)
            if found is None:
                raise AgiError("a response without a result")
            if found["data"] == "hangup" or found["value"] == "-1" or self.hung_up:
                self.hung_up = True
                raise HungUp
            return {"result": (found["value"], found["data"] or "")}
        if code == "511":
            raise HungUp
        if code == "520" and line[3:4] == "-":
            while not self._read_line(deadline).startswith("520"):
                pass
        raise BadCommand(f"Asterisk refused a command with {code}")

    def set_variable(self, name: str, value: object) -> None:
        """Set a channel variable."""
        self.execute("SET VARIABLE", name, self._quote(value))

    def stream_file(self, filename: str, escape_digits: str = "", sample_offset: int = 0) -> str:
        """Play a sound (path without ending); the key that cut it short, or an empty string."""
        result = self.execute(
            "STREAM FILE",
            self._quote(filename),
            self._quote(escape_digits),
            sample_offset,
            takes_s=LONGEST_SOUND_S,
        )
        return _digit(result["result"][0])

    def wait_for_digit(self, timeout: int = 2000) -> str:
        """Wait so many milliseconds for a key; empty when none came."""
        result = self.execute("WAIT FOR DIGIT", timeout, takes_s=timeout / 1000)
        return _digit(result["result"][0])

    def read_key(self, sounds: Sequence[str], wait_ms: int) -> str:
        """Play sounds until a key, then wait so long for one; empty when none came.

        One application does it all: AGI drops a key that comes between two commands.
        """
        listed = sounds[0]
        for sound in sounds[1:]:
            if len(listed) + len(sound) < MAX_LISTED:
                listed += f"&{sound}"
            elif key := self._read(listed, 1):
                return key
            else:
                listed = sound
        return self._read(listed, wait_ms)

    def _read(self, listed: str, wait_ms: int) -> str:
        arguments = self._quote(f"{KEY},{listed},1,,1,{wait_ms / 1000:.3f}")
        self.execute("EXEC", "Read", arguments, takes_s=LONGEST_SOUND_S + wait_ms / 1000)
        if self.execute("GET VARIABLE", "READSTATUS")["result"][1] != "OK":
            return ""
        # `#` ends what is read and is no part of it
        return self.execute("GET VARIABLE", KEY)["result"][1] or "#"

    def record(self, path: str, *, escape_digits: str, limit_ms: int, silence_s: int) -> str:
        """Record the channel into `path`.wav until a key, the limit or a silence; the key, or an empty string.

        The file is complete when this returns and when it raises HungUp.
        """
        result = self.execute(
            "RECORD FILE",
            self._quote(path),
            "wav",
            self._quote(escape_digits),
            limit_ms,
            f"s={silence_s}",
            takes_s=limit_ms / 1000,
        )
        return _digit(result["result"][0])


def _digit(code: str) -> str:
    if code in ("", "0"):
        return ""
    try:
        return chr(int(code))
    except (ValueError, OverflowError) as error:
        raise AgiError("a key that is no number") from error
