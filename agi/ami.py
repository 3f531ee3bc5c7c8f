"""A client of the Asterisk manager interface that never gives up: reads events, sends the few actions the desk may.

Why not a library: docs/decisions/0003-ami-client.md.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

log = logging.getLogger(__name__)

Event = Mapping[str, str]

MAX_LINE = 8192
MAX_LINES = 500
PING_S = 1.0
SILENCE_S = 3.0
"""Without any answer for so long the connection counts as dead."""
RETRY_S = (0.2, 0.5, 1.0, 2.0)


class Manager:
    """Keeps one connection to Asterisk's manager port and calls `on_event` for each event, in order, on one thread."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: Callable[[], str],
        on_event: Callable[[Event], None],
    ) -> None:
        """`secret` is asked at each connection: it changes when the configuration is rendered anew."""
        self._address = (host, port)
        self._user = user
        self._secret = secret
        self._on_event = on_event
        self._socket: socket.socket | None = None
        self._send_lock = threading.Lock()
        self._stopping = threading.Event()
        self._heard = 0.0
        self._logged_in = False
        self._thread = threading.Thread(target=self._run, name="ami", daemon=True)

    def start(self) -> None:
        """Connect in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Close the connection and end the thread."""
        self._stopping.set()
        self._drop()
        self._thread.join(5)

    @property
    def connected(self) -> bool:
        """Whether Asterisk answered within the last 3 s."""
        return self._logged_in and time.monotonic() - self._heard < SILENCE_S

    def hang_up(self, channel: str) -> None:
        """Hang up one channel; nothing happens when it is gone or Asterisk is away."""
        self._send({"Action": "Hangup", "Channel": channel, "Cause": "16"})

    def redirect(self, channel: str, *, context: str, exten: str, action_id: str) -> bool:
        """Have a channel go on elsewhere in the dialplan; False when Asterisk is away.

        If Asterisk does not do it, an event `Refused` comes with the same ActionID.
        """
        return self._send(
            {
                "Action": "Redirect",
                "ActionID": action_id,
                "Channel": channel,
                "Context": context,
                "Exten": exten,
                "Priority": "1",
            }
        )

    def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a variable of a channel; nothing happens when it is gone or Asterisk is away."""
        self._send({"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value})

    def originate(self, *, channel: str, context: str, caller: str, channel_id: str, ring_s: int) -> bool:
        """Ring a phone for `ring_s` and, once it answers, run `context`; False when Asterisk is away.

        `channel_id` becomes the channel's uniqueid. What became of it comes as an event `OriginateResponse`, or
        `Refused` at once, with the same ActionID.
        """
        return self._send(
            {
                "Action": "Originate",
                "ActionID": channel_id,
                "Channel": channel,
                "ChannelId": channel_id,
                "Context": context,
                "Exten": "s",
                "Priority": "1",
                "CallerID": caller,
                "Timeout": str(ring_s * 1000),
                "Async": "true",
            }
        )

    def whisper(self, linkedid: str, channel: str, *, language: str, sounds: Sequence[str]) -> bool:
        """Say sounds (paths without ending) to a caller over what they hear; False when Asterisk is away.

        Asterisk does it on a channel of its own, `Local/LINKEDID@shouwen-whisper-…`, which ends with the sounds.
        """
        said = {"CALLER": channel, "LANGUAGE": language, "SAID": "&".join(sounds)}
        return self._send(
            {
                "Action": "Originate",
                "Channel": f"Local/{linkedid}@shouwen-whisper/n",
                "Context": "shouwen-whisper",
                "Exten": "listen",
                "Priority": "1",
                "Timeout": "3000",
                "Variable": ",".join(f"SHOUWEN_{name}={value}" for name, value in said.items()),
                "Async": "true",
            }
        )

    def tap(self, channel: str, *, port: int, id_: str) -> bool:
        """Send what is said on a channel (its name or uniqueid) to a port of loopback; False when Asterisk is away.

        Asterisk listens with a channel of its own, `AudioSocket/…`, which ends with the channel or with the other side.
        """
        return self._send(
            {
                "Action": "Originate",
                "Channel": f"AudioSocket/127.0.0.1:{port}/{id_}",
                "Context": "shouwen-captions",
                "Exten": "tap",
                "Priority": "1",
                "Timeout": "3000",
                "Variable": f"SHOUWEN_TAPPED={channel}",
                "Async": "true",
            }
        )

    def ask_who_waits(self) -> None:
        """Have Asterisk tell who is in the queue, in events `QueueEntry`."""
        self._send({"Action": "QueueStatus", "Queue": "service"})

    def _send(self, fields: Mapping[str, str]) -> bool:
        """Whether it went out."""
        message = "".join(f"{key}: {clean(value)}\r\n" for key, value in fields.items()) + "\r\n"
        with self._send_lock:
            if self._socket is None:
                return False
            try:
                self._socket.sendall(message.encode())
            except OSError:
                log.warning("Asterisk's manager interface does not take an action")
                return False
        return True

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            try:
                self._connect()
                self._read()
            except (OSError, ConnectionError) as error:
                if attempt in (0, 20):
                    log.warning("manager interface: %s; trying again", error)
            finally:
                if self._logged_in:  # a refusal counts as no connection
                    attempt = 0
                self._logged_in = False
                self._drop()
            self._stopping.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1

    def _connect(self) -> None:
        connection = socket.create_connection(self._address, timeout=SILENCE_S)
        connection.settimeout(PING_S)
        self._socket = connection
        self._heard = time.monotonic()
        self._send({"Action": "Login", "Username": self._user, "Secret": self._secret(), "Events": "on"})

    def _drop(self) -> None:
        with self._send_lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _read(self) -> None:
        buffer = bytearray()
        fields: dict[str, str] = {}
        pinged = time.monotonic()
        while not self._stopping.is_set():
            connection = self._socket
            if connection is None:
                return
            try:
                data = connection.recv(65536)
                if not data:
                    raise ConnectionError("Asterisk closed the connection")
                self._heard = time.monotonic()
                buffer += data
            except TimeoutError:
                pass
            *lines, rest = buffer.split(b"\n")
            if len(rest) > MAX_LINE or len(fields) > MAX_LINES:
                raise ConnectionError("a message longer than any of Asterisk's")
            buffer = bytearray(rest)
            for raw in lines:
                line = raw.rstrip(b"\r").decode("utf-8", "replace")
                if line:
                    key, colon, value = line.partition(":")
                    if colon:
                        # a header that comes twice (a variable list) keeps its first value
                        fields.setdefault(key, value.strip())
                elif fields:
                    self._take(fields)
                    fields = {}
            moment = time.monotonic()
            if moment - self._heard > SILENCE_S:
                raise ConnectionError("Asterisk is silent")
            if moment - pinged >= PING_S:
                pinged = moment
                self._send({"Action": "Ping"})

    def _take(self, fields: dict[str, str]) -> None:
        if "Event" in fields:
            self._tell(fields)
        elif fields.get("Message") == "Authentication accepted":
            self._logged_in = True
            log.info("manager interface connected")
        elif fields.get("Response") == "Error" and not self._logged_in:
            raise ConnectionError("Asterisk refused the desk's manager account")
        elif fields.get("Response") == "Error" and "ActionID" in fields:
            self._tell({**fields, "Event": "Refused"})

    def _tell(self, fields: dict[str, str]) -> None:
        try:
            self._on_event(fields)
        except Exception:
            log.exception("an event could not be used", extra={"event": fields["Event"]})


def clean(value: str) -> str:
    """One header's value: no line break can get in and begin another header."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", value)
