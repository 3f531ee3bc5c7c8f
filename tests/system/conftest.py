"""One product for all tests that leave it as it was; tests that break things start their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.product import Product, product_in

Start = Callable[..., Product]


@pytest.fixture
def anyio_backend() -> str:
    """The phones are asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The shared one: nothing of it is stopped or killed."""
    with product_in(tmp_path_factory.mktemp("product"), ring_timeout_s=6) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a product of the test's own."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(product_in(tmp_path, **settings))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the end of the logs."""
    report = yield
    if report.when == "call" and report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Product):
                _show_logs(report, value.home)
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if isinstance(folder, Path):
            _show_logs(report, folder / "home")
    return report


def _show_logs(report: pytest.TestReport, home: Path) -> None:
    for log in sorted((home / "log").glob("*.log")):
        report.sections.append((log.name, log.read_text("utf-8", "replace")[-1500:]))
