"""Spans that end: links for opinions, pauses between tries, locks after failed logins; exactly at the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.accounts import Failures, locked_for
from callcenter.domain.opinions import LINK_LASTS, LinkState, OpinionLink, link_state
from callcenter.domain.reminders import pause_after
from callcenter.domain.service_account import MEDIA_LASTS, NoticeKind, WantedMedia, next_try
from callcenter.domain.tickets import Status, Ticket

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SOLVED = Ticket(
    number="261120-1-001",
    kind="inquiry",
    complexity="complex",
    status=Status.RESOLVED,
    policy="huizhou-school",
    created_at=NOW - timedelta(hours=1),
    resolved_at=NOW,
)
LINK = OpinionLink(
    ticket=SOLVED.number, resolved_at=NOW, made_by="101", made_at=NOW, expires_at=NOW + LINK_LASTS
)


@pytest.mark.rule("H32", "S31")
@pytest.mark.parametrize(
    ("link", "ticket", "after", "state"),
    [
        (LINK, SOLVED, timedelta(0), LinkState.GOOD),
        (LINK, SOLVED, LINK_LASTS - TICK, LinkState.GOOD),
        (LINK, SOLVED, LINK_LASTS, LinkState.OVER),
        (replace(LINK, used_at=NOW), SOLVED, timedelta(0), LinkState.USED),
        # what was used says so for ever
        (replace(LINK, used_at=NOW), SOLVED, LINK_LASTS, LinkState.USED),
        # opened again; solved again later: the link is of the first run
        (LINK, replace(SOLVED, status=Status.OPEN, resolved_at=None), timedelta(0), LinkState.OVER),
        (LINK, replace(SOLVED, resolved_at=NOW + TICK), timedelta(0), LinkState.OVER),
        (LINK, replace(SOLVED, status=Status.CLOSED), timedelta(0), LinkState.OVER),
    ],
)
def test_a_link_for_an_opinion(link: OpinionLink, ticket: Ticket, after: timedelta, state: LinkState) -> None:
    assert link_state(link, ticket, NOW + after) is state


WANTED = WantedMedia(
    key="k",
    ticket=SOLVED.number,
    kind=NoticeKind.IMAGE,
    media_id="m",
    media_url=None,
    received_at=NOW,
    attempts=0,
)


@pytest.mark.parametrize(
    ("attempts", "pause_s"),
    [
        (0, 10),
        (1, 20),
        (2, 40),
        (8, 2560),
        # 10 s x 2^9 is more than an hour
        (9, 3600),
        (10, 3600),
        (500, 3600),
    ],
)
def test_a_picture_is_asked_for_again_ever_more_rarely(attempts: int, pause_s: int) -> None:
    assert next_try(replace(WANTED, attempts=attempts), NOW) == NOW + timedelta(seconds=pause_s)


@pytest.mark.parametrize(
    ("left_s", "asked"), [(10.000001, True), (10, False), (9.999999, False), (-1, False)]
)
def test_a_picture_that_the_platform_has_given_up_is_not_asked_for(left_s: float, asked: bool) -> None:
    now = NOW + MEDIA_LASTS - timedelta(seconds=left_s)
    assert (next_try(WANTED, now) is not None) is asked


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1000, 60)],
)
def test_a_delivery_waits_twice_as_long_each_time_an_hour_at_most(tries: int, minutes: int) -> None:
    assert pause_after(tries) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("count", "allowed", "lock_s"),
    [
        (4, 5, 0),
        (5, 5, 15),
        (6, 5, 30),
        (7, 5, 60),
        (10, 5, 480),
        # 15 s x 2^6 is 16 minutes
        (11, 5, 900),
        (500, 5, 900),
        (1, 1, 15),
        (0, 1, 0),
    ],
)
def test_failed_logins_lock_ever_longer(count: int, allowed: int, lock_s: int) -> None:
    failures = Failures(count=count, last_at=NOW)
    assert locked_for(failures, allowed, NOW) == timedelta(seconds=lock_s)
    if lock_s:
        end = NOW + timedelta(seconds=lock_s)
        assert locked_for(failures, allowed, end - TICK) == TICK
        assert locked_for(failures, allowed, end) == timedelta(0)
        assert locked_for(failures, allowed, end + timedelta(days=1)) == timedelta(0)


def test_without_a_failed_login_nobody_waits() -> None:
    assert locked_for(None, 5, NOW) == timedelta(0)
