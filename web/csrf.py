"""Proof that a form came from our own page: a keyed hash of the cookie it belongs to, so nothing is stored."""

from __future__ import annotations

import hashlib
import hmac

FIELD = "csrf_token"
HEADER = "x-csrf-token"


def token_for(secret: str) -> str:
    """The token that a form must carry when the browser's cookie is `secret`."""
    return hmac.new(secret.encode(), b"shouwen form", hashlib.sha256).hexdigest()


def matches(secret: str | None, given: str | None) -> bool:
    """Whether `given` is the token of `secret`, compared in constant time; a missing one never matches."""
    if not secret or not given:
        return False
    return hmac.compare_digest(token_for(secret).encode(), given.encode("utf-8", "replace"))
