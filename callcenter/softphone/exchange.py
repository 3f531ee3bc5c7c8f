"""A request and what comes back, with one digest retry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.softphone import digest
from callcenter.softphone.endpoint import Endpoint
from callcenter.softphone.sip import Header, Request, Response
from callcenter.softphone.transactions import ClientTransaction
from callcenter.softphone.udp import Address

_CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Whom to be when challenged."""

    user: str
    password: str


class Exchange:
    """Sends what `make` builds; builds and sends it once more when challenged.

    `make` gets the extra headers and returns a request with a fresh branch and the next CSeq. `on_response`
    sees every response but the challenge that was answered.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        address: Address,
        make: Callable[[tuple[Header, ...]], Request],
        credentials: Credentials | None,
        on_response: Callable[[Response], None],
    ) -> None:
        self._endpoint = endpoint
        self._address = address
        self._make = make
        self._credentials = credentials
        self._on_response = on_response
        self.transaction = self._send(())
        self.first_sent = self.transaction.sent

    @property
    def request(self) -> Request:
        """The request as last sent."""
        return self.transaction.request

    def _send(self, headers: tuple[Header, ...]) -> ClientTransaction:
        return self._endpoint.request(self._make(headers), self._address, self._receive)

    def _receive(self, response: Response) -> None:
        credentials = self._credentials
        if response.status in _CHALLENGES and credentials is not None:
            asks, answers = _CHALLENGES[response.status]
            for value in response.values(asks):
                try:
                    challenge = digest.parse_challenge(value)
                except digest.UnsupportedDigest:
                    continue
                self._credentials = None
                proof = digest.authorization(
                    challenge,
                    user=credentials.user,
                    password=credentials.password,
                    method=self.request.method,
                    uri=self.request.uri,
                )
                self.transaction = self._send(((answers, proof),))
                return
        self._on_response(response)


async def exchange(
    endpoint: Endpoint,
    address: Address,
    make: Callable[[tuple[Header, ...]], Request],
    credentials: Credentials | None,
) -> tuple[Request, Response]:
    """The request as last sent and its final response; 408 when none came."""
    final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def receive(response: Response) -> None:
        if response.status >= 200 and not final.done():
            final.set_result(response)

    started = Exchange(endpoint, address, make, credentials, receive)
    response = await final
    return started.request, response
