"""Who is the trunk, and which address Asterisk tells those behind NAT."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcenter.softphone.errors import CallFailed
from tests.pbx.desk import STAFF, TestDesk, caller, running_desk

pytestmark = pytest.mark.anyio
EXTERNAL = "203.0.113.5"


@pytest.fixture(scope="module")
def behind_nat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    """Asterisk is at 127.0.0.2, its whole local network; 127.0.0.1, where the callers are, lies beyond the NAT."""
    addresses = {"bind": "127.0.0.2", "local_networks": "127.0.0.2/32", "external_address": EXTERNAL}
    with running_desk(tmp_path_factory.mktemp("nat"), **addresses) as running:
        yield running


@pytest.fixture(scope="module")
def with_another_trunk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    with running_desk(tmp_path_factory.mktemp("trunk"), trunk_host="203.0.113.10,198.51.100.0/24") as running:
        yield running


async def test_audio_is_asked_for_at_the_external_address(behind_nat: TestDesk) -> None:
    async with caller(behind_nat) as outside:
        call = await outside.dial("8000")
        await call.wait_answered()
        assert f"c=IN IP4 {EXTERNAL}" in call.headers.body.decode()
        assert f"@{EXTERNAL}:" in call.headers.get("Contact") or f":{EXTERNAL}:" in call.headers.get(
            "Contact"
        )
        # no hang-up: it would go to the external address, where nobody is


async def test_whoever_is_not_the_trunk_is_refused(with_another_trunk: TestDesk) -> None:
    async with caller(with_another_trunk) as outside:
        call = await outside.dial("8000")
        with pytest.raises(CallFailed, match="401"):
            await call.wait_answered()


async def test_a_caller_with_an_extension_as_their_number_has_to_prove_it(behind_nat: TestDesk) -> None:
    async with caller(behind_nat, number=next(iter(STAFF))) as outside:
        call = await outside.dial("8000")
        with pytest.raises(CallFailed, match="401"):
            await call.wait_answered()


async def test_the_trunk_reaches_lines_and_no_colleague(behind_nat: TestDesk) -> None:
    async with caller(behind_nat) as outside:
        call = await outside.dial("102")
        with pytest.raises(CallFailed, match="404"):
            await call.wait_answered()
