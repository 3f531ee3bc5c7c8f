"""Staff: adding them with their passwords, who is on duty, what the phones need."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.staff import SIP_REALM, Role, StaffMember, StaffPhone, check_extension
from callcenter.domain.text import clean
from callcenter.errors import ShouwenError
from callcenter.services.ports import UnitOfWork

SIP_PASSWORD_LENGTH = 24
CONSOLE_PASSWORD_LENGTH = 16
_LETTERS = string.ascii_letters + string.digits
_BARRED = '"\\;<>\n\t'
"""What a name may not hold: it goes into Asterisk's configuration and into SIP headers."""


class ExtensionTaken(ShouwenError):
    """Somebody has this extension already."""


class ConsoleUserTaken(ShouwenError):
    """Somebody has this console name already."""


class BadName(ShouwenError):
    """A name is 1 to 64 characters, without quotes, backslashes, semicolons and angle brackets."""


class BadConsoleUser(ShouwenError):
    """A console name is 2 to 32 small letters, digits, dots, dashes and underscores."""


class UnknownStaff(ShouwenError):
    """Nobody has this extension."""

    def __init__(self, extension: str) -> None:
        super().__init__(f"nobody has the extension {extension}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """Somebody new, with the passwords in clear: they are shown once and stored as hashes."""

    member: StaffMember
    sip_password: str
    console_password: str | None


def add_staff(
    uow: UnitOfWork,
    *,
    extension: str,
    name: str,
    role: Role,
    console_user: str | None = None,
    rung: bool = True,
    now: datetime,
) -> NewStaff:
    """Add somebody, on duty from now; without `console_user` they cannot log in.

    Raises BadExtension, BadName, BadConsoleUser, ExtensionTaken, ConsoleUserTaken.
    """
    member = StaffMember(
        extension=check_extension(extension),
        name=_checked_name(name),
        role=role,
        rung=rung,
        on_duty=True,
        console_user=_checked_user(console_user),
    )
    if member.console_user and uow.staff.user_taken(member.console_user):
        raise ConsoleUserTaken(f"somebody has the console name {member.console_user} already")
    sip_password = _password(SIP_PASSWORD_LENGTH)
    console_password = _password(CONSOLE_PASSWORD_LENGTH) if member.console_user else None
    added = uow.staff.add(
        member,
        sip_ha1=sip_ha1(extension, sip_password),
        password_hash=uow.passwords.hash(console_password) if console_password else None,
        at=now,
    )
    if not added:
        raise ExtensionTaken(f"somebody has the extension {extension} already")
    return NewStaff(member=member, sip_password=sip_password, console_password=console_password)


def active_member(uow: UnitOfWork, extension: str) -> StaffMember:
    """Who has the extension; raises UnknownStaff if nobody has, or who had it has left."""
    member = uow.staff.get(extension)
    if member is None or not member.active:
        raise UnknownStaff(extension)
    return member


def list_staff(uow: UnitOfWork) -> list[StaffMember]:
    """Everybody active, by extension."""
    return uow.staff.everybody()


def phones(uow: UnitOfWork) -> list[StaffPhone]:
    """The phones of everybody active, by extension."""
    return uow.staff.phones()


def set_on_duty(uow: UnitOfWork, extension: str, on_duty: bool) -> None:
    """Say whether the line rings them; raises UnknownStaff."""
    if not uow.staff.set_on_duty(extension, on_duty):
        raise UnknownStaff(extension)


def sip_ha1(extension: str, password: str) -> str:
    """What digest authentication (RFC 2617) checks a phone against."""
    text = f"{extension}:{SIP_REALM}:{password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _password(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _checked_name(name: str) -> str:
    cleaned = clean(name, 65)
    if cleaned is None or len(cleaned) > 64 or any(character in _BARRED for character in cleaned):
        raise BadName
    return cleaned


def _checked_user(console_user: str | None) -> str | None:
    if console_user is None:
        return None
    if not re.fullmatch(r"[a-z0-9._-]{2,32}", console_user):
        raise BadConsoleUser
    return console_user
