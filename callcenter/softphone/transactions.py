"""SIP transactions over UDP (RFC 3261, section 17): what is sent again, until when, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from callcenter.softphone.sip import Request, Response
from callcenter.softphone.udp import Address, Stamp

T1_S = 0.5
T2_S = 4.0
GIVE_UP_S = 64 * T1_S


class Sender(Protocol):
    """What a transaction needs of its endpoint."""

    def send(self, data: bytes, address: Address) -> Stamp: ...

    def forget(self, transaction: ClientTransaction | ServerTransaction) -> None: ...


class _Timers:
    """One timer that sends again at growing intervals and one that ends it all."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None

    def repeat(self, action: Callable[[], None], interval_s: float, cap_s: float | None) -> None:
        def fire() -> None:
            action()
            following = interval_s * 2 if cap_s is None else min(interval_s * 2, cap_s)
            self.repeat(action, following, cap_s)

        self._again = self._loop.call_later(interval_s, fire)

    def end_after(self, action: Callable[[], None], seconds: float = GIVE_UP_S) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self._loop.call_later(seconds, action)

    @property
    def repeating(self) -> bool:
        return self._again is not None

    def stop_repeating(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def cancel(self) -> None:
        self.stop_repeating()
        if self._end is not None:
            self._end.cancel()


class ClientTransaction:
    """A request of ours. Final refusals of an INVITE are acknowledged here, acceptances by the call."""

    def __init__(
        self, sender: Sender, request: Request, address: Address, on_response: Callable[[Response], None]
    ) -> None:
        self.request = request
        self.address = address
        self.key = (request.branch, request.method)
        self._sender = sender
        self._data = request.encode()
        self._on_response = on_response
        self._timers = _Timers()
        self._final: Response | None = None
        invite = request.method == "INVITE"
        self.sent = sender.send(self._data, address)
        self._timers.repeat(self._resend, T1_S, None if invite else T2_S)
        self._timers.end_after(self._time_out)

    def receive(self, response: Response) -> None:
        """Takes a response that matches; copies of a final one are acknowledged but not reported again."""
        if self._final is not None:
            self._acknowledge(response)
            return
        self._timers.stop_repeating()
        if response.status >= 200:
            self._final = response
            if self.request.method == "INVITE" and response.status >= 300:
                self._acknowledge(response)
                self._timers.end_after(lambda: self._sender.forget(self))  # timer D
            else:
                self._sender.forget(self)
        elif self.request.method == "INVITE":
            self._timers.end_after(self._time_out, 6 * GIVE_UP_S)
        self._on_response(response)

    def close(self) -> None:
        self._timers.cancel()

    def _acknowledge(self, response: Response) -> None:
        if self.request.method != "INVITE" or response.status < 300:
            return
        number, _ = self.request.cseq
        kept = [header for header in self.request.headers if header[0] in ("Max-Forwards", "From", "Route")]
        headers = [
            ("Via", self.request.get("Via")),
            *kept,
            ("To", response.get("To")),
            ("Call-ID", self.request.call_id),
            ("CSeq", f"{number} ACK"),
        ]
        ack = Request(method="ACK", uri=self.request.uri, headers=tuple(headers))
        self._sender.send(ack.encode(), self.address)

    def _resend(self) -> None:
        self._sender.send(self._data, self.address)

    def _time_out(self) -> None:
        self._sender.forget(self)
        if self._final is None:
            self._on_response(Response(status=408, reason="Request Timeout", received=Stamp.now()))


class ServerTransaction:
    """A request of the other side: repeats our last response to each copy of it."""

    def __init__(self, sender: Sender, request: Request, address: Address) -> None:
        self.request = request
        self.address = address
        self.key = (request.branch, request.method)
        self.status = 0
        """The last status sent; 0 before the first."""
        self._sender = sender
        self._last = b""
        self._timers = _Timers()

    def respond(self, response: Response, on_no_ack: Callable[[], None] | None = None) -> Stamp:
        """Sends; an INVITE's final response is repeated until `acknowledged`, else `on_no_ack` is called."""
        self.status = response.status
        self._last = response.encode()
        stamp = self._sender.send(self._last, self.address)
        if response.status < 200:
            return stamp
        if self.request.method == "INVITE":
            self._timers.repeat(self.repeat_last, T1_S, T2_S)

        def end() -> None:
            unacknowledged = self.request.method == "INVITE" and self._timers.repeating
            self._sender.forget(self)
            if unacknowledged and on_no_ack is not None:
                on_no_ack()

        self._timers.end_after(end)
        return stamp

    def repeat_last(self) -> None:
        if self._last:
            self._sender.send(self._last, self.address)

    def acknowledged(self) -> None:
        self._timers.stop_repeating()

    def close(self) -> None:
        self._timers.cancel()
