"""Calls through the whole product, seen over the JSON API."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from tests.polling import until_async
from tests.system.product import Product, hear, leave_message, nothing_private_in_logs, ringing, talk

pytestmark = pytest.mark.anyio

CALL_KEYS = {
    "linkedid",
    "line",
    "caller",
    "caller_name",
    "arrived_at",
    "rang_at",
    "answered_at",
    "ended_at",
    "answer_ms",
    "wait_ms",
    "greeting_ms",
    "first_responder",
    "outcome",
    "handoffs",
    "ticket",
    "source",
}
HANDOFF_KEYS = {
    "mode",
    "from",
    "to",
    "requested_at",
    "answered_at",
    "completed_at",
    "outcome",
    "within_limit",
}
TICKET_KEYS = {
    "number",
    "channel",
    "kind",
    "complexity",
    "status",
    "owner",
    "handler",
    "contact",
    "details",
    "wished_reply",
    "clocks",
    "transcript",
    "call",
    "created_at",
}


async def test_an_answered_call_is_seen_while_it_goes_on(product: Product) -> None:
    number = "13800000101"
    async with product.phone("101") as desk, product.caller(number, '王"小\\明') as outside:
        call, incoming = await talk(outside, desk)
        seen = await product.call(number, "answered_at", 3)
        assert set(seen) == CALL_KEYS
        assert (seen["ended_at"], seen["outcome"], seen["source"]) == (None, None, "live")
        assert seen["caller_name"] == r"王\"小\\明"  # with SIP's escapes, as Asterisk hands it to AGI
        assert seen["first_responder"]["extension"] == "101"
        ticket = await product.ticket_when(seen["ticket"], bool, 1)
        assert set(ticket) == TICKET_KEYS
        assert (ticket["status"], ticket["owner"], ticket["clocks"]) == (
            "registering",
            seen["first_responder"],
            [],
        )
        assert ticket["handler"] == ticket["owner"]
        assert ticket["call"] == seen["linkedid"]
        await hear(incoming, call)
        await call.hangup()
    ended = await product.call(number, "ended_at", 2)
    assert ended["outcome"] == "answered"
    rang, answered, arrived = (
        datetime.fromisoformat(ended[key]) for key in ("rang_at", "answered_at", "arrived_at")
    )
    assert arrived <= rang <= answered
    assert ended["answer_ms"] == round((answered - rang) / timedelta(milliseconds=1))
    assert ended["wait_ms"] == round((answered - arrived) / timedelta(milliseconds=1))
    assert ended["greeting_ms"] is None or ended["greeting_ms"] >= 0
    assert product.get(f"/api/v1/calls/{ended['linkedid']}").body == ended


@pytest.mark.rule("H12", "H30")
async def test_a_message_becomes_a_ticket_with_clock_and_transcript(product: Product) -> None:
    number = "13800000102"
    async with product.caller(number, "张雨晴") as outside:
        call = await leave_message(outside, "8001")
        await call.hangup()
        seen = await product.call(number, "ticket", 1)
        ticket = await product.ticket_when(seen["ticket"], bool, 1)
    seen = await product.call(number, "ended_at", 2)
    assert (seen["outcome"], seen["answered_at"], seen["first_responder"]) == ("callback", None, None)
    assert (ticket["status"], ticket["owner"], ticket["complexity"]) == ("open", None, "complex")
    assert ticket["contact"]["phone"] == number
    assert ticket["wished_reply"] is None
    [clock] = [clock for clock in ticket["clocks"] if clock["clock"] == "h12-complex"]
    assert clock["state"] == "running"
    said = json.loads(
        product.run(
            "deadline",
            *("--policy", "huizhou-school", "--clock", "h12-complex", "--from", seen["ended_at"]),
        )
    )
    assert datetime.fromisoformat(clock["due_at"]) == datetime.fromisoformat(said["due_at"])
    done = await product.ticket_when(
        seen["ticket"], lambda found: found["transcript"]["state"] != "pending", 90
    )
    assert done["transcript"]["state"] == "done"
    assert "热水" in done["transcript"]["text"]
    nothing_private_in_logs(product.home, number, "张雨晴", "热水")


async def test_a_caller_without_a_number_or_a_name(product: Product) -> None:
    before = {call["linkedid"] for call in product.get("/api/v1/calls?limit=500").body["items"]}
    async with product.caller("anonymous") as outside:
        call = await leave_message(outside, "8001", "zh-message-02.wav")
        await call.hangup()

    def found() -> str | None:
        calls = product.get("/api/v1/calls?limit=500").body["items"]
        tickets = [
            c["ticket"]
            for c in calls
            if c["linkedid"] not in before and c["caller"] is None and c["ended_at"]
        ]
        return tickets[0] if tickets else None

    ticket = product.ticket(await until_async(found, 3, "the call"))
    assert ticket is not None
    assert ticket["contact"]["phone"] is None


async def test_nobody_there_and_gone_before_the_beep_leaves_no_ticket(product: Product) -> None:
    number = "13800000104"
    async with product.caller(number) as outside:
        call = await outside.dial("8001")
        await call.wait_answered()
        await call.wait_audio()
        await call.hangup()
    seen = await product.call(number, "ended_at", 3)
    assert (seen["outcome"], seen["ticket"]) == ("closed", None)


@pytest.mark.rule("T1")
async def test_a_handoff_moves_the_handler_and_not_the_owner(product: Product) -> None:
    number = "13800000105"
    async with (
        product.phone("102") as first,
        product.phone("104") as manager,
        product.caller(number) as outside,
    ):
        call, incoming = await talk(outside, first)
        await incoming.send_digits("*2104#")
        colleague = await ringing(manager)
        await colleague.answer()
        await hear(incoming, colleague)
        await incoming.hangup()
        await hear(call, colleague)
        await colleague.hangup()
        await call.wait_ended()
    seen = await product.call(number, "ended_at", 3)
    [handoff] = seen["handoffs"]
    assert set(handoff) == HANDOFF_KEYS
    assert (handoff["mode"], handoff["outcome"], handoff["within_limit"]) == ("live", "accepted", True)
    assert (handoff["from"]["extension"], handoff["to"]["extension"]) == ("102", "104")
    assert seen["first_responder"]["extension"] == "102"
    ticket = product.ticket(seen["ticket"])
    assert ticket is not None
    assert (ticket["owner"]["extension"], ticket["handler"]["extension"]) == ("102", "104")


async def test_staff_added_while_it_runs_can_be_called_at_once(product: Product) -> None:
    printed = product.run("staff", "add", "--extension", "177", "--name", "新同事", "--no-rung")
    password = printed.split("password ")[1].split()[0]
    number = "13800000106"
    async with (
        product.phone("177", password) as new,
        product.phone("103") as desk,
        product.caller(number) as outside,
    ):
        call, incoming = await talk(outside, desk)
        await product.call(number, "answered_at")
        await incoming.send_digits("*2177#")
        colleague = await ringing(new)
        await colleague.answer()
        await hear(incoming, colleague)
        await incoming.hangup()
        await hear(call, colleague)
        await call.hangup()
    seen = await product.call(number, "ended_at", 3)
    assert seen["handoffs"][0]["to"] == {"extension": "177", "name": "新同事"}
