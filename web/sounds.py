"""A short sound as an answer, whole or the range that a player asks for."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


def as_sound(content: bytes, request: Request) -> tuple[Response, bool]:
    """The WAV file `content`, and whether the answer holds all of it (what a player of sound plays to its end).

    A range that is not understood gets everything (RFC 9110, 14.2); Safari plays nothing without ranges.
    """
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, no-store",
        "content-disposition": "inline",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None:
        return Response(content, media_type="audio/wav", headers=headers), True
    first = int(asked[1])
    last = min(int(asked[2]) if asked[2] else len(content), len(content) - 1)
    if first > last:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"}), False
    headers["content-range"] = f"bytes {first}-{last}/{len(content)}"
    part = content[first : last + 1]
    return Response(part, status_code=206, media_type="audio/wav", headers=headers), len(part) == len(content)
