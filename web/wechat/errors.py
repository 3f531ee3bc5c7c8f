"""What can be wrong with a callback."""

from __future__ import annotations

from callcenter.errors import ShouwenError


class BadSignature(ShouwenError):
    """The request is not the platform's, or too old: see SHOUWEN_WECHAT_TOKEN and this machine's clock."""


class BadMessage(ShouwenError):
    """The message is not understood."""


class WrongMode(ShouwenError):
    """The platform and this desk do not agree on encryption: see SHOUWEN_WECHAT_AES_KEY."""


class NotKept(ShouwenError):
    """The message could be kept neither on the disk nor in the database."""
