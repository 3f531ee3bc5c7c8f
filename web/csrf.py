"""Proof that a form came from our own page: before there is a session, a keyed hash of a cookie."""

from __future__ import annotations

import hashlib
import hmac

FIELD = "csrf_token"
HEADER = "x-csrf-token"


def token_for(secret: str) -> str:
    """The token that a form must carry when the browser's cookie is `secret`."""
    return hmac.new(secret.encode(), b"shouwen form", hashlib.sha256).hexdigest()


def equal(expected: str | None, given: object) -> bool:
    """Whether `given` is the expected token, compared in constant time; a missing one never is."""
    if not expected or not isinstance(given, str):
        return False
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
