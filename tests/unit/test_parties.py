"""Who is served, in one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcenter.domain.parties import called, party_of
from callcenter.domain.tickets import Status, Ticket


def ticket(phone: str | None, fields: Mapping[str, str]) -> Ticket:
    """A ticket of somebody."""
    return Ticket(
        number="261116-0-001",
        kind="inquiry",
        complexity="simple",
        status=Status.OPEN,
        policy="huizhou-school",
        created_at=datetime(2026, 11, 16, tzinfo=UTC),
        contact_phone=phone,
        fields=fields,
    )


@pytest.mark.parametrize(
    ("phone", "fields", "party"),
    [
        ("13800138000", {}, "phone:13800138000"),
        ("+86 138-0013-8000", {}, "phone:13800138000"),
        ("0086 13800138000", {}, "phone:13800138000"),
        ("(0752) 2881 234", {}, "phone:07522881234"),
        ("8613800138000", {}, "phone:13800138000"),
        ("8675228812345", {}, "phone:8675228812345"),
        ("104", {}, "phone:104"),
        ("12", {}, None),
        (None, {}, None),
        ("13800138000", {"wechat_id": " Zhou_1 "}, "wechat_id:zhou_1"),
        (None, {"account": "oABC"}, "account:oabc"),
        ("13800138000", {"account": "  ", "reason": "x"}, "phone:13800138000"),
        (None, {"wechat_id": "a", "account": "b"}, "wechat_id:a"),
    ],
)
@pytest.mark.rule("S40")
def test_a_party(phone: str | None, fields: Mapping[str, str], party: str | None) -> None:
    assert party_of(ticket(phone, fields)) == party


def test_called_by_their_name_before_what_they_call_themselves() -> None:
    nameless = ticket("13800138000", {"nickname": "小周", "wechat_id": "wx1"})
    assert called(replace(nameless, contact_name="周雨")) == "周雨"
    assert called(nameless) == "小周"
    assert called(ticket("13800138000", {"nickname": "", "account": "o6_bm"})) is None
