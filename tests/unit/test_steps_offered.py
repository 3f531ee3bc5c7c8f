"""Which steps a ticket offers, and what waits for the head."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.domain.chain import TicketEvent
from callcenter.domain.steps import KIND_STEPS, STEPS, By, awaited, offered
from callcenter.domain.tickets import Status, Ticket
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

BOOK = load_rule_book("huizhou-school", ChineseHolidays())
NOW = datetime(2026, 11, 16, tzinfo=UTC)
EVERYWHERE = {
    "progress_told",
    "office_named",
    "notice_given",
    "papers_missing",
    "papers_received",
    "receipt_given",
}


def names(
    policy: str, *, awaits: str | None = None, status: Status = Status.OPEN, kind: str, channel: str
) -> set[str]:
    """The steps that such a ticket offers."""
    rules = BOOK.of(policy)
    ticket = Ticket(
        number="261116-0-001",
        channel=channel,
        kind=kind,
        complexity=rules.policy.default_complexity,
        status=status,
        policy=policy,
        created_at=NOW,
        awaits=awaits,
    )
    return {step.event.value for step in offered(ticket, rules.policy)}


def test_by_kind_and_channel() -> None:
    phone = names("huizhou-school", kind="inquiry", channel="phone")
    assert phone == {*EVERYWHERE, "extension_requested", "extension_told", "postponed"}
    assert names("huizhou-school", kind="inquiry", channel="wechat") - phone == {"replied", "group_made"}
    assert names("huizhou-school", kind="inquiry", channel="service_account") - phone == {
        "acknowledged",
        "assigned",
    }
    assert names("huizhou-school", kind="complaint", channel="phone") - phone == {
        "complaint_taken_told",
        "complaint_referred",
        "file_sent",
        "complainant_told",
        "responsibility_traced",
    }
    assert "assignment_given" in names("training-centre", kind="joint", channel="walk_in")
    # The centre's clock t11 starts with it on any matter; the school has no such clock.
    assert "assignment_given" in names("training-centre", kind="inquiry", channel="walk_in")


def test_by_state_and_by_what_waits_for_the_head() -> None:
    waiting = names("huizhou-school", kind="suggestion", channel="phone", awaits="suggestion")
    assert "suggestion_decided" in waiting
    assert not waiting & {"suggestion_reported", "extension_requested", "extension_granted"}
    asked = names("huizhou-school", kind="inquiry", channel="phone", awaits="extension")
    assert {"extension_granted", "extension_refused"} <= asked
    resolved = names("huizhou-school", kind="inquiry", channel="phone", status=Status.RESOLVED)
    assert resolved == {
        "office_named",
        "notice_given",
        "extension_told",
        "satisfaction_asked",
        "satisfaction_given",
    }
    assert names("huizhou-school", kind="inquiry", channel="phone", status=Status.REGISTERING) == set()
    assert "papers_received" in names(
        "huizhou-school", kind="inquiry", channel="phone", status=Status.WAITING
    )


def test_what_waits_first_is_decided_first() -> None:
    def after(*kinds: str) -> str | None:
        return awaited(
            TicketEvent(ticket="n", seq=seq, at=NOW, actor="101", kind=kind, data={})
            for seq, kind in enumerate(kinds, start=1)
        )

    assert after("opened") is None
    assert after("extension_requested") == "extension"
    assert after("extension_requested", "extension_requested", "extension_refused") is None
    assert after("suggestion_reported", "disagreement_raised") == "suggestion"
    assert after("suggestion_reported", "disagreement_raised", "suggestion_decided") == "disagreement"
    assert after("extension_granted") is None


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_named_after_its_event_and_cites_a_rule(name: str) -> None:
    step = STEPS[name]
    assert step.event.value == name
    assert step.rule[0] in "HST"
    assert not (step.asks and step.decides)
    assert (step.by is By.HEAD) >= bool(step.decides)
    assert (name in KIND_STEPS) is not step.always
