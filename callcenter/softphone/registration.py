"""A phone's registration with its server, kept alive (RFC 3261, section 10)."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from callcenter.softphone.dialog import Dialog
from callcenter.softphone.errors import CallFailed
from callcenter.softphone.exchange import Exchange, exchange
from callcenter.softphone.sip import Header, Request

if TYPE_CHECKING:
    from callcenter.softphone.phone import Phone

_REFRESH_AT = 0.8


class Registration:
    """One binding: this phone's contact at its server."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._expires_s = 0
        self._timer: asyncio.TimerHandle | None = None
        me = f"<sip:{phone.user}@{phone.server[0]}>"
        self._dialog = Dialog(
            call_id=f"{secrets.token_hex(12)}@{phone.endpoint.host}",
            local=f"{me};tag={secrets.token_hex(6)}",
            remote=me,
            contact=phone.contact,
            target=f"sip:{phone.server[0]}:{phone.server[1]}",
            default=phone.server,
        )

    @property
    def active(self) -> bool:
        """Whether the last thing the server accepted was a registration."""
        return self._expires_s > 0

    async def register(self, expires_s: int) -> None:
        """Registers for that long and refreshes from then on; 0 removes the binding. Raises CallFailed."""
        self.stop()
        self._expires_s = expires_s
        endpoint, credentials = self._phone.endpoint, self._phone.credentials
        _, response = await exchange(endpoint, self._phone.server, self._build, credentials)
        if response.status >= 300:
            self._expires_s = 0
            raise CallFailed(response.status, response.reason)
        self._refresh_later()

    def stop(self) -> None:
        """No more refreshing; the server forgets in its own time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refresh_later(self) -> None:
        if self._expires_s > 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._expires_s * _REFRESH_AT, self._refresh)

    def _refresh(self) -> None:
        endpoint, credentials = self._phone.endpoint, self._phone.credentials
        Exchange(endpoint, self._phone.server, self._build, credentials, lambda _response: None)
        self._refresh_later()

    def _build(self, extra: tuple[Header, ...]) -> Request:
        headers = (("Expires", str(self._expires_s)), *extra)
        return self._dialog.build(self._phone.endpoint, "REGISTER", headers=headers)
