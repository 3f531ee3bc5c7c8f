"""Transfers by REFER (RFC 3515, 3891): ask, then follow the NOTIFYs; and the little the other end needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from callcenter.softphone.dialog import Dialog
from callcenter.softphone.errors import CallFailed, deadline
from callcenter.softphone.sip import Header, Request

if TYPE_CHECKING:
    from callcenter.softphone.call import Call


class Transfer:
    """A call's transfers, asked for from here or by the other side."""

    def __init__(self) -> None:
        self.status = 0
        """What the last NOTIFY said; 0 before the first."""
        self.refer_to: str | None = None
        """Refer-To of the last REFER received."""
        self._done = asyncio.Event()

    async def run(self, call: Call, refer_to: str, timeout_s: float) -> int:
        """Sends REFER; returns the final status notified, or the last known one when the call ends first.

        Raises CallFailed when the REFER itself is refused.
        """
        self.status = 0
        self._done.clear()
        headers: tuple[Header, ...] = (
            ("Refer-To", refer_to),
            ("Referred-By", call.dialog.local.split(";tag=")[0]),
        )
        response = await call.request("REFER", headers=headers)
        if response.status >= 300:
            raise CallFailed(response.status, response.reason)
        async with deadline(timeout_s, "the end of the transfer"):
            await self._done.wait()
        return self.status

    @staticmethod
    def replacing(other: Dialog) -> str:
        """Refer-To with a Replaces that means `other` as its far end sees it."""
        replaces = f"{other.call_id};to-tag={other.remote_tag};from-tag={other.local_tag}"
        return f"<{other.target.partition('?')[0]}?Replaces={quote(replaces, safe='')}>"

    def notified(self, request: Request) -> None:
        """Takes a NOTIFY of the refer package."""
        words = request.body.decode("utf-8", "replace").split()
        if len(words) > 1 and words[0] == "SIP/2.0" and words[1].isdigit():
            self.status = int(words[1])
        if self.status >= 200 or "terminated" in request.get("Subscription-State").lower():
            self._done.set()

    def close(self) -> None:
        """The call is over, and with it the transfer."""
        self._done.set()

    @staticmethod
    async def notify(call: Call, status: int, reason: str) -> None:
        """Tells the one who sent us a REFER how it goes."""
        state = "active;expires=60" if status < 200 else "terminated;reason=noresource"
        await call.request(
            "NOTIFY",
            headers=(
                ("Event", "refer"),
                ("Subscription-State", state),
                ("Content-Type", "message/sipfrag;version=2.0"),
            ),
            body=f"SIP/2.0 {status} {reason}\r\n".encode(),
        )
