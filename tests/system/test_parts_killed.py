"""Parts that die: each test kills another part of one product, once, so that no restart is held back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from callcenter.softphone import CallFailed, WaitTimeout
from tests.polling import until_async
from tests.system.product import Product, hear, leave_message, product_in, talk

pytestmark = pytest.mark.anyio

BACK_S = 2.0
SLACK_S = 3.0
"""What a busy machine may add to a limit."""


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose parts are killed, each by one test."""
    with product_in(tmp_path_factory.mktemp("breakable"), ring_timeout_s=10) as running:
        yield running


async def back_again(product: Product, name: str, killed: psutil.Process) -> None:
    """Until the part runs again, within the two seconds of the contract."""

    def look() -> bool:
        found = product.child(name)
        return found is not None and found.pid != killed.pid

    await until_async(look, BACK_S + SLACK_S, f"a new {name}")


async def test_a_call_while_the_desk_is_dead_rings_and_is_rebuilt(breakable: Product) -> None:
    number = "13800000201"
    async with breakable.phone("101") as desk, breakable.caller(number, "王小明") as outside:
        killed = breakable.the("shouwen agi")
        killed.send_signal(signal.SIGKILL)
        call, incoming = await talk(outside, desk)
        await hear(incoming, call)
        await back_again(breakable, "shouwen agi", killed)
        await call.hangup()
    seen = await breakable.call(number, "ended_at", 10)
    assert (seen["source"], seen["outcome"]) == ("rebuilt", "answered")
    assert seen["first_responder"]["extension"] == "101"
    assert seen["caller_name"] == "王小明"
    assert seen["rang_at"] <= seen["answered_at"] <= seen["ended_at"]
    ticket = await breakable.ticket_when(seen["ticket"], bool, 2)
    assert ticket["owner"] == seen["first_responder"]
    assert ticket["call"] == seen["linkedid"]
    await until_async(breakable.is_well, 10, "health `ok`")


async def test_the_web_process_is_back(breakable: Product) -> None:
    killed = breakable.the("shouwen web")
    killed.send_signal(signal.SIGKILL)
    await back_again(breakable, "shouwen web", killed)
    await until_async(breakable.is_well, 15, "health `ok`")


async def test_what_a_killed_worker_was_transcribing_is_done_all_the_same(breakable: Product) -> None:
    number = "13800000203"
    async with breakable.caller(number) as outside:
        call = await leave_message(outside, "8001", hash_key=False)
        await call.hangup()
    seen = await breakable.call(number, "ticket", 2)
    killed = breakable.the("shouwen worker")
    killed.send_signal(signal.SIGKILL)
    await back_again(breakable, "shouwen worker", killed)
    done = await breakable.ticket_when(
        seen["ticket"], lambda found: found["transcript"]["state"] not in ("pending",), 90
    )
    assert done["transcript"]["state"] == "done"


async def test_asterisk_dies_in_a_call_and_the_next_call_works(breakable: Product) -> None:
    number, following = "13800000204", "13800000205"
    async with breakable.phone("102") as desk, breakable.caller(number) as outside:
        await talk(outside, desk)
        await breakable.call(number, "answered_at")
        killed = breakable.the("asterisk")
        killed.send_signal(signal.SIGKILL)
        await back_again(breakable, "asterisk", killed)
        desk.vanish()
        outside.vanish()
    seen = await breakable.call(number, "ended_at", 10)
    assert seen["outcome"] == "answered"
    deadline = time.monotonic() + 10
    while True:
        try:
            async with breakable.phone("103") as desk, breakable.caller(following) as outside:
                call, incoming = await talk(outside, desk)
                await hear(call, incoming)
                await call.hangup()
            break
        except (CallFailed, WaitTimeout):  # not yet up
            assert time.monotonic() < deadline
    await breakable.call(following, "ended_at", 5)
    await until_async(breakable.is_well, 15, "health `ok`")


async def test_the_database_dies_while_callers_come(breakable: Product) -> None:
    numbers = ["13800000206", "13800000207"]
    async with breakable.phone("104"), breakable.phone("101") as desk:
        killed = breakable.the("postgres")
        killed.send_signal(signal.SIGKILL)
        for number in numbers:
            async with breakable.caller(number) as outside:
                call, incoming = await talk(outside, desk)
                await hear(incoming, call)
                await call.hangup()
                await incoming.wait_ended()
    tickets = {(await breakable.call(number, "ended_at", 15))["ticket"] for number in numbers}
    assert len(tickets) == 2
    assert None not in tickets
    for number in numbers:
        assert (await breakable.call(number, "ended_at"))["source"] == "live"
    await until_async(breakable.is_well, 15, "health `ok`")
