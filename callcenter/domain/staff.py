"""Staff as values: who they are, what they may do, and what a desk phone needs to register."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from callcenter.errors import ShouwenError

SIP_REALM = "shouwen"


class BadExtension(ShouwenError):
    """An extension is two to six digits and does not start with 0 or 8 (8… are lines)."""


class Role(StrEnum):
    """What somebody may do in the console and over the API."""

    STAFF = "staff"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One member of staff. `rung`: the service line rings their phone while they are `on_duty`."""

    extension: str
    name: str
    role: Role
    rung: bool
    on_duty: bool
    active: bool = True
    console_user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPhone:
    """What Asterisk has to know of a phone. `sip_ha1` is MD5 of extension:shouwen:password, in hex."""

    extension: str
    name: str
    sip_ha1: str
    rung: bool
    on_duty: bool


def check_extension(extension: str) -> str:
    """`extension` itself; raises BadExtension."""
    if not re.fullmatch(r"[1-79][0-9]{1,5}", extension):
        raise BadExtension(f"{extension!r} cannot be an extension: {BadExtension.__doc__}")
    return extension
