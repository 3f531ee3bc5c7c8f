"""One file over HTTPS; a transfer that breaks off goes on where it was, in this run or the next."""

from __future__ import annotations

import errno
import http
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

from callcenter.runtime.models.errors import ModelDamaged, ModelUnavailable
from callcenter.runtime.models.quiet import Quiet
from callcenter.runtime.unpacked import NoSpace

TIMEOUT_S = 20.0
FRUITLESS = 3
"""Attempts in a row that bring nothing new, after which we give up (what has come is kept)."""
PAUSE_S = 1.0
_BLOCK = 1 << 16

Progress = Callable[[int, int | None], None]
"""Is told the bytes that are there, and of how many."""


class _BrokenOff(Exception):
    """The transfer ended early."""


class OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows a redirection, but not from HTTPS to anything less."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise urllib.error.HTTPError(newurl, code, "redirected away from HTTPS", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    address: str,
    place: Path,
    *,
    limit: int,
    quiet: Quiet,
    progress: Progress = lambda done, total: None,
    timeout_s: float = TIMEOUT_S,
    pause_s: float = PAUSE_S,
) -> None:
    """Have the file at `place`, no longer than `limit` bytes; beside it, while it is unfinished, what came so far.

    Raises ModelUnavailable (what came is kept: the next attempt goes on there) or ModelDamaged.
    """
    if place.exists():
        return
    part = place.with_name(f"{place.name}.part")
    fruitless = 0
    while True:
        before = _size(part)
        try:
            _attempt(address, part, limit, quiet, progress, timeout_s)
        except urllib.error.HTTPError as error:
            raise ModelUnavailable(f"{address} answers {error.code} {error.reason}") from error
        except (OSError, ValueError, http.client.HTTPException, _BrokenOff) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise NoSpace(f"no space is left for {part}: make room, then try again") from error
            fruitless = 0 if _size(part) > before else fruitless + 1
            if fruitless >= FRUITLESS:
                reason = getattr(error, "reason", None) or error
                kept = f"; {_size(part) // 1_000_000} MB are kept for the next time" if _size(part) else ""
                raise ModelUnavailable(f"{address} cannot be reached ({reason}){kept}") from error
            time.sleep(pause_s * fruitless)
        else:
            _notes(part).unlink(missing_ok=True)
            part.rename(place)
            return


def _attempt(
    address: str, part: Path, limit: int, quiet: Quiet, progress: Progress, timeout_s: float
) -> None:
    quiet.wait()
    have, unchanged = _begun(address, part)
    headers = {"User-Agent": "shouwen", "Accept-Encoding": "identity"}
    if have:
        # If-Range: should the file have changed since, all of it comes anew (RFC 9110, 13.1.5)
        headers |= {"Range": f"bytes={have}-", "If-Range": unchanged}
    opener = urllib.request.build_opener(OnlyHttps)
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - addresses of our catalogue
    try:
        answer = opener.open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        part.unlink()
        raise _BrokenOff("there is less of it than was fetched already") from error
    with answer:
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
            if not str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-"):
                part.unlink()
                raise _BrokenOff("the server sent another piece than was asked for")
        else:
            have = 0
            _note(address, part, answer.headers)
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        if total is not None and total > limit:
            raise ModelDamaged(f"{address} is {total // 1_000_000} MB, far more than the model: not fetched")
        with part.open("ab" if have else "wb") as out:
            while block := answer.read(_BLOCK):
                have += len(block)
                if have > limit:
                    part.unlink()
                    raise ModelDamaged(f"{address} does not end where the model should: not fetched")
                out.write(block)
                progress(have, total)
                quiet.wait()
        if total is not None and have < total:
            raise _BrokenOff(f"it broke off after {have} of {total} bytes")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _notes(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _note(address: str, part: Path, headers: HTTPMessage) -> None:
    """Remember by what the server tells this version of the file from another; a weak ETag does not (RFC 9110)."""
    etag = str(headers.get("ETag") or "")
    unchanged = etag if etag and not etag.startswith("W/") else str(headers.get("Last-Modified") or "")
    part.unlink(missing_ok=True)
    _notes(part).write_text(json.dumps({"address": address, "unchanged": unchanged}), "utf-8")


def _begun(address: str, part: Path) -> tuple[int, str]:
    """Bytes that are there and can be added to, and by what the server knows that they are of the same file."""
    try:
        notes = json.loads(_notes(part).read_text("utf-8"))
        if notes["address"] == address and notes["unchanged"]:
            return _size(part), str(notes["unchanged"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, ""
