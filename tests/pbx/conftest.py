"""Fixtures of the tests on a real Asterisk."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.pbx.desk import TestDesk, running_desk


@pytest.fixture
def anyio_backend() -> str:
    """The phones are asyncio."""
    return "asyncio"


@pytest.fixture(scope="module")
def quick_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    """A desk whose limits are short: phones ring 5 s, a handoff has 25 s."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(Path(folder), ring_timeout_s=5, handoff_limit_s=25) as running:
        yield running


@pytest.fixture
def desk(quick_desk: TestDesk) -> TestDesk:
    """The desk of the module, with no call in memory."""
    quick_desk.forget()
    return quick_desk


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the events of its calls."""
    report = yield
    running = getattr(item, "funcargs", {}).get("desk")
    if report.when == "call" and report.failed and isinstance(running, TestDesk):
        report.sections.append(("events of the call", running.story()))
    return report
