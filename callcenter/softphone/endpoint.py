"""The SIP side of one UDP socket: sorts datagrams into transactions and hands on what belongs to none."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable

from callcenter.softphone.errors import SipSyntaxError, deadline
from callcenter.softphone.sip import Header, Request, Response, parse
from callcenter.softphone.transactions import ClientTransaction, ServerTransaction
from callcenter.softphone.udp import Address, Stamp, UdpSocket

_RAW_KEPT = 1000
_COPIED = ("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "record-route")


class Endpoint:
    """Owns the socket and every transaction on it."""

    def __init__(
        self,
        bind: str,
        port: int,
        *,
        on_request: Callable[[Request, ServerTransaction], None],
        on_ack: Callable[[Request], None],
        on_stray: Callable[[Response], None],
    ) -> None:
        self._on_request = on_request
        self._on_ack = on_ack
        self._on_stray = on_stray
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}
        self._raw: deque[bytes] | None = None
        self._raw_arrived = asyncio.Event()
        self._socket = UdpSocket(bind, port, self._receive)
        self.host, self.port = self._socket.address

    def via(self) -> Header:
        """A Via of this socket with a fresh branch."""
        return "Via", f"SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{secrets.token_hex(10)}"

    def send(self, data: bytes, address: Address) -> Stamp:
        """Sends and returns the instant just before (loopback delivers within the system call)."""
        stamp = Stamp.now()
        self._socket.send(data, address)
        return stamp

    def request(
        self, request: Request, address: Address, on_response: Callable[[Response], None]
    ) -> ClientTransaction:
        transaction = ClientTransaction(self, request, address, on_response)
        self._clients[transaction.key] = transaction
        return transaction

    def invite_transaction(self, branch: str) -> ServerTransaction | None:
        """The INVITE that a CANCEL of that branch means."""
        return self._servers.get((branch, "INVITE"))

    def forget(self, transaction: ClientTransaction | ServerTransaction) -> None:
        transaction.close()
        if isinstance(transaction, ClientTransaction):
            self._clients.pop(transaction.key, None)
        else:
            self._servers.pop(transaction.key, None)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        for server in self._servers.values():
            server.close()
        self._clients.clear()
        self._servers.clear()
        self._socket.close()

    def keep_raw(self) -> deque[bytes]:
        """From now on every datagram is also kept for `next_raw`."""
        if self._raw is None:
            self._raw = deque(maxlen=_RAW_KEPT)
        return self._raw

    async def next_raw(self, timeout_s: float) -> bytes:
        """The oldest datagram not yet taken."""
        kept = self.keep_raw()
        async with deadline(timeout_s, "a datagram"):
            while not kept:
                self._raw_arrived.clear()
                await self._raw_arrived.wait()
        return kept.popleft()

    def _receive(self, data: bytes, address: Address, at: Stamp) -> None:
        if self._raw is not None:
            self._raw.append(data)
            self._raw_arrived.set()
        try:
            message = parse(data, at)
        except SipSyntaxError:
            return
        if isinstance(message, Response):
            self._receive_response(message)
        else:
            self._receive_request(message, address)

    def _receive_response(self, response: Response) -> None:
        transaction = self._clients.get((response.branch, response.cseq[1]))
        if transaction is None:
            self._on_stray(response)
        else:
            transaction.receive(response)

    def _receive_request(self, request: Request, address: Address) -> None:
        if request.method == "ACK":
            invite = self._servers.get((request.branch, "INVITE"))
            if invite is not None and invite.status >= 300:
                invite.acknowledged()
            else:
                self._on_ack(request)
            return
        known = self._servers.get((request.branch, request.method))
        if known is not None:
            known.repeat_last()
            return
        transaction = ServerTransaction(self, request, address)
        self._servers[transaction.key] = transaction
        self._on_request(request, transaction)


def reply(
    request: Request,
    status: int,
    reason: str,
    *,
    tag: str = "",
    headers: tuple[Header, ...] = (),
    body: bytes = b"",
) -> Response:
    """A response with the headers that RFC 3261, 8.2.6 says to copy; `tag` goes to a To that has none."""
    copied = []
    for name, value in request.headers:
        if name.lower() in _COPIED:
            if name.lower() in ("to", "t") and tag and ";tag=" not in value:
                value = f"{value};tag={tag}"
            copied.append((name, value))
    return Response(status=status, reason=reason, headers=(*copied, *headers), body=body)
