"""Ending and starting again on the same home; what is in the home."""

from __future__ import annotations

import psutil
import pytest

from tests.system.conftest import Start
from tests.system.product import Product, nothing_private_in_logs, talk

pytestmark = pytest.mark.anyio


async def one_call(product: Product, number: str) -> str:
    """An answered call; returns its ticket's number."""
    async with product.phone("101") as desk, product.caller(number, "不可外传") as outside:
        call, incoming = await talk(outside, desk)
        await call.hangup()
        await incoming.wait_ended()
    seen = await product.call(number, "ended_at", 10)
    await product.ticket_when(seen["ticket"], bool, 2)
    return str(seen["ticket"])


async def test_a_second_start_keeps_all_and_a_lost_journal_costs_no_number(start: Start) -> None:
    product: Product = start()
    first = await one_call(product, "13800000401")
    assert product.process is not None
    family = psutil.Process(product.process.pid).children(recursive=True)
    assert product.stop() < 10
    assert not [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    product.start()
    second = await one_call(product, "13800000402")
    assert (await product.call("13800000401"))["ticket"] == first
    assert product.stop() < 10

    for part in product.home.glob("journal.db*"):
        part.unlink()
    product.start()
    third = await one_call(product, "13800000403")
    assert len({first, second, third}) == 3
    for number, ticket in (("13800000401", first), ("13800000402", second)):
        seen = await product.call(number)
        assert (seen["ticket"], seen["source"]) == (ticket, "live")
    tickets = product.get("/api/v1/tickets").body["items"]
    assert {ticket["number"] for ticket in tickets} == {first, second, third}
    assert product.stop() < 10
    nothing_private_in_logs(product.home, "1380000040", "不可外传")
