"""What can go wrong with a phone or a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SoftphoneError(Exception):
    """The phone could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class SipSyntaxError(SoftphoneError):
    """A datagram is no SIP message."""


class CallFailed(SoftphoneError):
    """The other side refused with a final status of 300 or more."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"{status} {reason}".strip())
        self.status = status
        self.reason = reason


class CallOver(SoftphoneError):
    """The call ended before what was awaited happened."""


class WaitTimeout(SoftphoneError, TimeoutError):
    """What was awaited did not happen in time."""


@asynccontextmanager
async def deadline(timeout_s: float | None, what: str) -> AsyncIterator[None]:
    """Raises WaitTimeout, naming `what`, when the block takes longer than `timeout_s` (None: no limit)."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except WaitTimeout:
        raise
    except TimeoutError as error:
        raise WaitTimeout(f"{what}: not within {timeout_s} s") from error
