"""A call that this phone places."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from callcenter.softphone.call import Call
from callcenter.softphone.dialog import Dialog
from callcenter.softphone.errors import CallFailed
from callcenter.softphone.exchange import Credentials, Exchange
from callcenter.softphone.media import Media
from callcenter.softphone.sip import Header, Message, Request, Response
from callcenter.softphone.udp import Stamp

if TYPE_CHECKING:
    from callcenter.softphone.phone import Phone

_CANCEL_PATIENCE_S = 5.0


class OutgoingCall(Call):
    """Its INVITE is sent when it is made."""

    def __init__(
        self,
        phone: Phone,
        dialog: Dialog,
        media: Media,
        *,
        headers: tuple[Header, ...],
        credentials: Credentials | None,
    ) -> None:
        super().__init__(phone, dialog, media)
        self._last: Response | None = None
        self._headers = headers
        self._offer = media.offer()
        self._cancelling = False
        self._exchange = Exchange(phone.endpoint, dialog.address, self._build, credentials, self._receive)
        self.mark("invite_sent", self._exchange.first_sent)

    @property
    def headers(self) -> Message:
        return self._last or self._exchange.request

    @property
    def invite(self) -> Request:
        """The INVITE as last sent."""
        return self._exchange.request

    async def give_up(self) -> None:
        """CANCEL, as soon as there is a provisional response to cancel (RFC 3261, 9.1)."""
        self._cancelling = True
        if self._last is not None:
            self._cancel()
        try:
            async with asyncio.timeout(_CANCEL_PATIENCE_S):
                await self._ended.wait()
        except TimeoutError:
            self.finish(CallFailed(487, "no reply to CANCEL"))

    def _build(self, extra: tuple[Header, ...]) -> Request:
        headers = (*self._headers, *extra)
        return self.dialog.build(self.phone.endpoint, "INVITE", headers=headers, body=self._offer)

    def _receive(self, response: Response) -> None:
        stamp = response.received or Stamp.now()
        first = self._last is None
        self._last = response
        if self._exchange.transaction.sent != self._exchange.first_sent:
            self.mark("invite_authorized", self._exchange.transaction.sent)
        if self.is_ended:
            return
        if response.status >= 300:
            self.status_history.append((response.status, stamp))
            self.finish(CallFailed(response.status, response.reason), stamp)
            return
        if response.status > 100 and ";tag=" in response.get("To"):
            self.dialog.remote = response.get("To")
            self.dialog.route = response.values("Record-Route")[::-1]
            self.dialog.refresh(response)
        if response.status >= 200:
            self.acknowledge(self._exchange.request.cseq[0])
        if response.body:
            self.media.accept(response.body)
        self.note_status(response.status, stamp)
        if self._cancelling:
            if response.status >= 200:
                self._send_bye()  # the answer crossed our CANCEL
            elif first:
                self._cancel()

    def _cancel(self) -> None:
        invite = self._exchange.request
        kept = ("via", "from", "to", "call-id", "max-forwards", "route")
        headers = [header for header in invite.headers if header[0].lower() in kept]
        headers.append(("CSeq", f"{invite.cseq[0]} CANCEL"))
        cancel = Request(method="CANCEL", uri=invite.uri, headers=tuple(headers))
        sent = self.phone.endpoint.request(cancel, self._exchange.transaction.address, lambda _response: None)
        self.mark("cancel_sent", sent.sent)

    def _send_bye(self) -> None:
        bye = self.dialog.build(self.phone.endpoint, "BYE")
        sent = self.phone.endpoint.request(bye, self.dialog.address, lambda _response: self.finish())
        self.mark("bye_sent", sent.sent)
