"""HTTP digest authentication as SIP uses it: RFC 2617 and RFC 7616, MD5 and SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from callcenter.softphone.errors import SoftphoneError

_PARAMETER = re.compile(r'([a-zA-Z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class UnsupportedDigest(SoftphoneError):
    """The server asks for an algorithm or a protection this phone does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate header."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    """"auth", or empty for the form of RFC 2069."""
    opaque: str | None = None


def parse_challenge(value: str) -> Challenge:
    """Reads one challenge; raises UnsupportedDigest when this phone cannot answer it."""
    scheme, _, rest = value.strip().partition(" ")
    found = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
    offered = [word.strip().lower() for word in found.get("qop", "").split(",") if word.strip()]
    algorithm = found.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or "nonce" not in found or algorithm.removesuffix("-SESS") not in _HASHES:
        raise UnsupportedDigest
    if offered and "auth" not in offered:
        raise UnsupportedDigest
    return Challenge(
        realm=found.get("realm", ""),
        nonce=found["nonce"],
        algorithm=algorithm,
        qop="auth" if offered else "",
        opaque=found.get("opaque"),
    )


def response(
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, nonce_count: int, cnonce: str
) -> str:
    """The `response` value in hexadecimal."""

    def digest(text: str) -> str:
        name = _HASHES[challenge.algorithm.removesuffix("-SESS")]
        return hashlib.new(name, text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()

    secret = digest(f"{user}:{challenge.realm}:{password}")
    if challenge.algorithm.endswith("-SESS"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    asked = digest(f"{method}:{uri}")
    if not challenge.qop:
        return digest(f"{secret}:{challenge.nonce}:{asked}")
    return digest(f"{secret}:{challenge.nonce}:{nonce_count:08x}:{cnonce}:{challenge.qop}:{asked}")


def authorization(challenge: Challenge, *, user: str, password: str, method: str, uri: str) -> str:
    """The value of an Authorization or Proxy-Authorization header for a fresh nonce."""
    cnonce = secrets.token_hex(8)
    proof = response(
        challenge, user=user, password=password, method=method, uri=uri, nonce_count=1, cnonce=cnonce
    )
    parts = [
        f'Digest username="{user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{proof}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.qop:
        parts += [f"qop={challenge.qop}", "nc=00000001", f'cnonce="{cnonce}"']
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    return ", ".join(parts)
