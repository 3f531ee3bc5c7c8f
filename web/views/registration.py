"""Registering by hand as a form: doors, kinds, the fields of both, colleagues who are free (H1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.domain.calls import Call
from callcenter.domain.fold import talking
from callcenter.domain.policy import Needed, Policy
from callcenter.domain.staff import StaffMember
from callcenter.domain.tickets import EventKind, TicketForm
from callcenter.services.ticket_forms import missing_fields
from web.i18n import N_
from web.labels import Icon

LONGEST_AGO = timedelta(days=31)
"""An older message is a slip of the pen."""
WALK_IN, PHONE = "walk_in", "phone"
ICONS = {
    PHONE: Icon("phone").name,
    WALK_IN: Icon("walk").name,
    "wechat": Icon("brand-wechat").name,
    "service_account": Icon("bell-ringing").name,
}
OTHER_ICON = Icon("message").name

NO_TIME = N_("Please write day and time, such as 23 November, 10:05.")
FUTURE = N_("This time is still to come.")
LONG_AGO = N_("This is more than a month ago; please look at it again.")
NOT_FREE = N_("Please choose a colleague who is on duty.")
IN_A_CALL = N_("This colleague is in a call now. Please choose one who is free.")
NO_HANDOVER = N_("Please write what the colleague was told.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody to whom a visitor can be led."""

    extension: str
    name: str
    is_talking: bool


def colleagues(staff: Iterable[StaffMember], live: Iterable[Call], me: str) -> list[Colleague]:
    """Those on duty but `me`, the free ones first."""
    busy = talking(live)
    found = [
        Colleague(extension=each.extension, name=each.name, is_talking=each.extension in busy)
        for each in staff
        if each.active and each.on_duty and each.extension != me
    ]
    return sorted(found, key=lambda each: (each.is_talking, each.extension))


def asks_for_time(policy: Policy, channel: str) -> bool:
    """Whether the time of the message matters: a clock of this door starts with it (H13, H16)."""
    return any(
        EventKind.MESSAGE in clock.starts and clock.channel in (channel, "any")
        for clock in policy.clocks.values()
    )


def read_time(text: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str]:
    """The instant of a local time such as 2026-11-23T10:05, or what is wrong with it; nothing written: neither."""
    if not text:
        return None, ""
    try:
        local = datetime.fromisoformat(text)
        at = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, NO_TIME
    return at, too_early_or_late(at, now)


def too_early_or_late(at: datetime, now: datetime) -> str:
    """What is wrong with the time of a message; empty if nothing is."""
    if at > now:
        return FUTURE
    return LONG_AGO if now - at > LONGEST_AGO else ""


def not_filled_in(policy: Policy, channel: str, form: TicketForm) -> list[str]:
    """The fields that the policy asks for at the opening and that hold nothing (H31, H33, S22, T10)."""
    return missing_fields(policy, channel, form, Needed.OPENING)


def choice(wanted: str, known: Iterable[str], otherwise: str) -> str:
    """`wanted` if it is known."""
    return wanted if wanted in set(known) else otherwise


def icon_of(channel: str, icons: Mapping[str, str] = ICONS) -> str:
    """The picture of a door."""
    return icons.get(channel, OTHER_ICON)
