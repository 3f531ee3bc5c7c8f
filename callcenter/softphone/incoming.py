"""A call that comes to this phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.softphone.address import NameAddress, parse_name_address
from callcenter.softphone.call import Call, CallState
from callcenter.softphone.dialog import ALLOW, Dialog
from callcenter.softphone.endpoint import reply
from callcenter.softphone.errors import CallFailed, CallOver
from callcenter.softphone.media import Media
from callcenter.softphone.sip import Header, Message, Request
from callcenter.softphone.transactions import ServerTransaction
from callcenter.softphone.udp import Stamp

if TYPE_CHECKING:
    from callcenter.softphone.phone import Phone

_REASONS = {
    180: "Ringing",
    183: "Session Progress",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


class IncomingCall(Call):
    """The 100 is sent when it is made; the rest is for the user, or for the phone's `on_invite`."""

    def __init__(
        self, phone: Phone, dialog: Dialog, media: Media, invite: Request, transaction: ServerTransaction
    ) -> None:
        super().__init__(phone, dialog, media)
        self.invite = invite
        self._transaction = transaction
        self.mark("invite_received", invite.received or Stamp.now())
        self.status_history.append((100, transaction.respond(reply(invite, 100, "Trying"))))

    @property
    def headers(self) -> Message:
        return self.invite

    @property
    def caller(self) -> NameAddress:
        """Display name and URI of the From header."""
        return parse_name_address(self.invite.get("From"))

    async def ring(self, status: int = 180) -> None:
        """180, or 183 without a description."""
        self.ring_now(status)

    async def answer(self) -> None:
        """200 with our description; returns at once (`wait_ended` or `times["ack"]` tell the rest)."""
        self.answer_now()

    async def reject(self, status: int = 486, reason: str | None = None) -> None:
        """A final refusal."""
        self._refuse(status, reason or _REASONS.get(status, "Rejected"))

    async def give_up(self) -> None:
        await self.reject(486)

    def ring_now(self, status: int = 180) -> None:
        """As `ring`, for a phone's `on_invite`."""
        self._check_open()
        response = reply(
            self.invite,
            status,
            _REASONS.get(status, "Progress"),
            tag=self.dialog.local_tag,
            headers=(("Contact", self.dialog.contact),),
        )
        self.note_status(status, self._transaction.respond(response))

    def answer_now(self) -> None:
        """As `answer`, for a phone's `on_invite`."""
        self._check_open()
        body = self.media.answer(self.invite.body) if self.invite.body else self.media.offer()
        headers: tuple[Header, ...] = (
            ("Contact", self.dialog.contact),
            ("Allow", ALLOW),
            ("Supported", "replaces"),
            ("Content-Type", "application/sdp"),
        )
        response = reply(self.invite, 200, "OK", tag=self.dialog.local_tag, headers=headers, body=body)
        self.acks_awaited[self.invite.cseq[0]] = self._transaction
        self.note_status(200, self._transaction.respond(response, on_no_ack=self._unacknowledged))

    def cancelled(self, stamp: Stamp) -> None:
        """The caller gave up before the answer."""
        self.mark("cancel_received", stamp)
        self._refuse(487, "Request Terminated")

    def _refuse(self, status: int, reason: str) -> None:
        self._check_open()
        response = reply(self.invite, status, reason, tag=self.dialog.local_tag)
        self.status_history.append((status, self._transaction.respond(response)))
        self.finish(CallFailed(status, reason))

    def _unacknowledged(self) -> None:
        self.finish(CallFailed(408, "no ACK"))

    def _check_open(self) -> None:
        if self.state is not CallState.CALLING:
            raise CallOver("the call is answered or over")
