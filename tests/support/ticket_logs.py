"""A ticket's log as rows of wall-clock times, and its clocks as they read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from callcenter.domain.chain import TicketEvent, Value
from callcenter.domain.policy import Rules
from callcenter.domain.ticket_clocks import TicketClock, fold_clocks
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

BOOK = load_rule_book("huizhou-school", ChineseHolidays())
SCHOOL, CENTRE, STATION = (
    BOOK.of(name) for name in ("huizhou-school", "training-centre", "one-stop-station")
)
ZONE = SCHOOL.policy.zone


def at(text: str) -> datetime:
    """Wall-clock time of the week of Monday 16 November 2026, such as `mon 10:00` (`mon+1` is a week later)."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name) + 7 * int(weeks or 0)
    hours, minutes = clock.split(":")
    local = datetime(2026, 11, 16, int(hours), int(minutes), tzinfo=ZONE) + timedelta(days=days)
    return local.astimezone(UTC)


def log(*rows: tuple[str, str] | tuple[str, str, Mapping[str, Value]]) -> list[TicketEvent]:
    """Events from rows of time, kind and data."""
    return [
        TicketEvent(
            ticket="n", seq=seq, at=at(row[0]), actor="101", kind=row[1], data=row[2] if len(row) == 3 else {}
        )
        for seq, row in enumerate(rows, start=1)
    ]


def shown(clock: TicketClock) -> tuple[str, str, str]:
    """Name (and office), local due time and state."""
    name = f"{clock.clock}@{clock.subject}" if clock.subject else clock.clock
    return name, f"{clock.due_at.astimezone(ZONE):%a %d %H:%M}", clock.state.value


def folded(
    events: list[TicketEvent], now: str, rules: Rules = SCHOOL, channel: str = "phone"
) -> list[tuple[str, str, str]]:
    """The clocks at `now`."""
    return [shown(clock) for clock in fold_clocks(events, rules, channel, at(now))]


def shown_at(instant: datetime) -> str:
    """Local time."""
    return f"{instant.astimezone(ZONE):%a %d %H:%M}"


COMPLAINT = log(("mon 10:00", "opened", {"kind": "complaint"}))
