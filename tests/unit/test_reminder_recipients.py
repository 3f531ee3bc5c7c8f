"""Who is told of a warning, a breach and a step up, and what counts as one fact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.absences import Absence, Reason, Roster
from callcenter.domain.calls import Person
from callcenter.domain.chain import Value
from callcenter.domain.policy import Escalation, EscalationRole
from callcenter.domain.reminders import ReminderKind, is_hopeless, of_role, told_of_alarm
from callcenter.domain.staff import Role, StaffMember
from callcenter.domain.tickets import EventKind, Status, Ticket

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
OWNER, B_POST, HEAD = EscalationRole.OWNER, EscalationRole.B_POST, EscalationRole.HEAD


def member(extension: str, role: Role = Role.STAFF, *, on_duty: bool = True) -> StaffMember:
    return StaffMember(extension=extension, name=extension, role=role, rung=True, on_duty=on_duty)


def roster(*away: tuple[str, str]) -> Roster:
    """101 to 103 on the line (103 off duty), 102 the B post of 101; 900 the head. `away`: who, and who stands in."""
    return Roster(
        members={
            "101": member("101"),
            "102": member("102"),
            "103": member("103", on_duty=False),
            "900": StaffMember(extension="900", name="校长", role=Role.MANAGER, rung=False, on_duty=False),
        },
        posts={"101": "102"},
        away={
            who: Absence(
                extension=who,
                cover=cover,
                from_at=NOW,
                until_at=None,
                reason=Reason.TRAVEL,
                created_by=who,
                created_at=NOW,
            )
            for who, cover in away
        },
    )


def ticket(owner: str | None = "101") -> Ticket:
    return Ticket(
        number="261120-1-001",
        kind="inquiry",
        complexity="complex",
        status=Status.OPEN,
        policy="huizhou-school",
        created_at=NOW,
        owner=Person(extension=owner, name=owner) if owner else None,
    )


@pytest.mark.rule("S3")
@pytest.mark.parametrize(
    ("role", "owner", "away", "told"),
    [
        (OWNER, "101", [], ["101"]),
        (OWNER, "101", [("101", "103")], ["103"]),
        (B_POST, "101", [], ["102"]),
        (B_POST, "101", [("102", "103")], ["103"]),
        (B_POST, "102", [], []),  # 102 has no B post
        (HEAD, "101", [], ["900"]),
        (HEAD, "101", [("900", "102")], ["102"]),
        # nobody's ticket: the head and everybody on duty
        (OWNER, None, [], ["900", "101", "102"]),
        (B_POST, None, [], ["900", "101", "102"]),
        (HEAD, None, [], ["900"]),
        # who is away is stood in for, on the line too
        (OWNER, None, [("101", "103")], ["900", "103", "102"]),
    ],
)
def test_who_is_told_as_what(
    role: EscalationRole, owner: str | None, away: list[tuple[str, str]], told: list[str]
) -> None:
    assert of_role(role, ticket(owner), roster(*away)) == told


STEPS = (
    Escalation(role=OWNER, after=None),
    Escalation(role=HEAD, after=None),
    Escalation(role=B_POST, after=timedelta(0)),
)
DUE = "2026-11-25T09:30:00+00:00"
RUN: dict[str, Value] = {"clock": "h12-complex", "started_at": "2026-11-20T02:00:00+00:00", "due_at": DUE}
OF_RUN = "261120-1-001:h12-complex:2026-11-20T02:00:00+00:00:"


@pytest.mark.rule("S3", "H40")
@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (EventKind.WARNED, RUN, (ReminderKind.WARNING, f"warned:{OF_RUN}:{DUE}", ["101", "900"])),
        (EventKind.BREACHED, RUN, (ReminderKind.BREACH, f"late:{OF_RUN}", ["101"])),
        # the same fact as the breach: who knows of it is not told again
        (
            EventKind.ESCALATED,
            {**RUN, "role": "b_post"},
            (ReminderKind.ESCALATION, f"late:{OF_RUN}", ["102"]),
        ),
        (EventKind.ESCALATED, {**RUN, "role": "head"}, (ReminderKind.ESCALATION, f"late:{OF_RUN}", ["900"])),
        # each office's run is a fact of its own
        (
            EventKind.BREACHED,
            {**RUN, "subject": "teaching"},
            (ReminderKind.BREACH, f"late:{OF_RUN}teaching", ["101"]),
        ),
        (EventKind.NOTED, RUN, None),
        (EventKind.RESOLVED, {}, None),
    ],
)
def test_what_time_brings_is_told_once(
    kind: EventKind, data: dict[str, Value], expected: tuple[ReminderKind, str, list[str]] | None
) -> None:
    assert told_of_alarm((kind, data), ticket(), roster(), STEPS) == expected


def test_a_policy_without_a_step_at_the_warning_tells_nobody_of_it() -> None:
    told = told_of_alarm((EventKind.WARNED, RUN), ticket(), roster(), STEPS[2:])
    assert told == (ReminderKind.WARNING, f"warned:{OF_RUN}:{DUE}", [])


@pytest.mark.parametrize(("hours", "hopeless"), [(23.999, False), (24, True), (25, True)])
def test_after_a_day_a_delivery_is_given_up(hours: float, hopeless: bool) -> None:
    assert is_hopeless(NOW, NOW + timedelta(hours=hours)) is hopeless
