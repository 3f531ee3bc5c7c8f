"""A phone: its registration, the calls it places and those that come to it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from callcenter.softphone import indialog, sdp
from callcenter.softphone.address import parse_name_address, quote
from callcenter.softphone.call import Call
from callcenter.softphone.dialog import ALLOW, Dialog
from callcenter.softphone.endpoint import Endpoint, reply
from callcenter.softphone.errors import deadline
from callcenter.softphone.exchange import Credentials
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.media import Media
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.registration import Registration
from callcenter.softphone.sip import Header, Request, Response
from callcenter.softphone.transactions import ServerTransaction
from callcenter.softphone.udp import Address, Stamp

_CLOSING_PATIENCE_S = 2.0
_UNKNOWN = "Call/Transaction Does Not Exist"


class Phone:
    """Open with `Phone.open`, close with `close` or `async with`. Any number of calls at once."""

    def __init__(
        self,
        *,
        server: Address,
        user: str,
        password: str | None,
        display_name: str | None,
        bind: str,
        port: int,
        codecs: tuple[int, ...],
        silent: bool,
    ) -> None:
        self.server = server
        self.user = user
        self.display_name = display_name
        self.credentials = None if password is None else Credentials(user=user, password=password)
        self.on_invite: Callable[[IncomingCall], None] | None = None
        """Called for each new call instead of `next_call`, before anything else happens."""
        self.calls: dict[str, Call] = {}
        """Calls that are not over, by Call-ID."""
        self._codecs = codecs
        self._silent = silent
        self._bind = bind
        self._arrived: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self.endpoint = Endpoint(
            bind, port, on_request=self._request, on_ack=self._ack, on_stray=self._stray_response
        )
        self.contact = f"<sip:{user}@{self.endpoint.host}:{self.endpoint.port}>"
        self._registration = Registration(self)

    @classmethod
    async def open(
        cls,
        *,
        server: Address,
        user: str,
        password: str | None = None,
        display_name: str | None = None,
        bind: str = "127.0.0.1",
        port: int = 0,
        codecs: tuple[int, ...] = (sdp.PCMU, sdp.PCMA),
        silent: bool = False,
    ) -> Self:
        """A phone on its own socket; `silent`: no audio is sent. Raises OSError for a taken port."""
        return cls(
            server=server,
            user=user,
            password=password,
            display_name=display_name,
            bind=bind,
            port=port,
            codecs=codecs,
            silent=silent,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def address(self) -> Address:
        """Where this phone listens."""
        return self.endpoint.host, self.endpoint.port

    async def register(self, expires_s: int = 120) -> None:
        """Registers, and again before it expires; raises CallFailed when refused."""
        await self._registration.register(expires_s)

    async def unregister(self) -> None:
        """Removes this phone's binding."""
        await self._registration.register(0)

    async def dial(
        self,
        target: str,
        *,
        from_user: str | None = None,
        from_host: str | None = None,
        display_name: str | None = None,
        headers: Iterable[Header] = (),
        password: str | None = None,
    ) -> OutgoingCall:
        """Sends an INVITE and returns; `target` is an extension or a whole SIP URI."""
        uri = self.uri_of(target)
        name = quote(self.display_name if display_name is None else display_name)
        sender = f"{from_user or self.user}@{from_host or self.server[0]}"
        dialog = Dialog(
            call_id=f"{secrets.token_hex(12)}@{self.endpoint.host}",
            local=f"{name}<sip:{sender}>;tag={secrets.token_hex(6)}",
            remote=f"<{uri}>",
            contact=self.contact,
            target=uri,
            default=self.server,
        )
        credentials = self.credentials
        if password is not None:
            credentials = Credentials(user=from_user or self.user, password=password)
        media = Media(self._bind, codecs=self._codecs, silent=self._silent)
        call = OutgoingCall(self, dialog, media, headers=tuple(headers), credentials=credentials)
        self.calls[dialog.call_id] = call
        return call

    async def next_call(self, timeout_s: float = 10) -> IncomingCall:
        """The oldest call that came and was not yet taken."""
        async with deadline(timeout_s, f"a call to {self.user}"):
            return await self._arrived.get()

    def uri_of(self, target: str) -> str:
        """An extension of the server, or what already is a URI."""
        return (
            target
            if target.startswith(("sip:", "tel:"))
            else f"sip:{target}@{self.server[0]}:{self.server[1]}"
        )

    def send_raw(self, data: bytes, address: Address | None = None) -> None:
        """Sends any bytes to the server; from then on what comes in is kept for `next_raw`."""
        self.endpoint.keep_raw()
        self.endpoint.send(data, address or self.server)

    async def next_raw(self, timeout_s: float = 5) -> bytes:
        """The oldest datagram received since the first `send_raw` and not yet taken."""
        return await self.endpoint.next_raw(timeout_s)

    async def close(self) -> None:
        """Hangs up, unregisters and closes; takes two seconds at most when nobody replies."""
        try:
            async with asyncio.timeout(_CLOSING_PATIENCE_S):
                await asyncio.gather(*(call.hangup() for call in tuple(self.calls.values())))
                if self._registration.active:
                    await self.unregister()
        except TimeoutError:
            pass
        finally:
            self.vanish()

    def vanish(self) -> None:
        """Closes at once and tells nobody, like a phone that lost its power."""
        self._registration.stop()
        for call in tuple(self.calls.values()):
            call.finish()
        self.endpoint.close()

    def drop(self, call: Call) -> None:
        """A call is over."""
        self.calls.pop(call.sip_call_id, None)

    def _ack(self, request: Request) -> None:
        call = self.calls.get(request.call_id)
        if call is not None:
            indialog.handle_ack(call, request)

    def _stray_response(self, response: Response) -> None:
        number, method = response.cseq
        call = self.calls.get(response.call_id)
        if call is not None and method == "INVITE" and 200 <= response.status < 300:
            call.repeat_ack(number)

    def _request(self, request: Request, transaction: ServerTransaction) -> None:
        call = self.calls.get(request.call_id)
        if request.method == "CANCEL":
            self._cancel(request, transaction, call)
        elif call is not None and parse_name_address(request.get("To")).tag:
            indialog.handle(call, request, transaction)
        elif request.method == "INVITE" and not parse_name_address(request.get("To")).tag:
            self._invite(request, transaction)
        elif request.method in ("OPTIONS", "NOTIFY"):
            headers: tuple[Header, ...] = (("Allow", ALLOW), ("Accept", "application/sdp"))
            transaction.respond(reply(request, 200, "OK", tag=secrets.token_hex(6), headers=headers))
        else:
            transaction.respond(
                reply(request, 481, "Call/Transaction Does Not Exist", tag=secrets.token_hex(6))
            )

    def _cancel(self, request: Request, transaction: ServerTransaction, call: Call | None) -> None:
        if self.endpoint.invite_transaction(request.branch) is None:
            transaction.respond(
                reply(request, 481, "Call/Transaction Does Not Exist", tag=secrets.token_hex(6))
            )
            return
        transaction.respond(reply(request, 200, "OK", tag=call.dialog.local_tag if call else ""))
        if isinstance(call, IncomingCall) and not call.is_answered:
            call.cancelled(request.received or Stamp.now())

    def _invite(self, request: Request, transaction: ServerTransaction) -> None:
        contacts = request.values("Contact")
        dialog = Dialog(
            call_id=request.call_id,
            local=f"{request.get('To')};tag={secrets.token_hex(6)}",
            remote=request.get("From"),
            contact=self.contact,
            target=parse_name_address(contacts[0] if contacts else request.get("From")).uri,
            default=transaction.address,
            route=request.values("Record-Route"),
        )
        media = Media(self._bind, codecs=self._codecs, silent=self._silent)
        call = IncomingCall(self, dialog, media, request, transaction)
        self.calls[dialog.call_id] = call
        if self.on_invite is not None:
            self.on_invite(call)
        else:
            self._arrived.put_nowait(call)
