"""Chromium at a running console with a working morning in it. Pictures go to SHOUWEN_SHOTS when that is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from rich.console import Console

from callcenter.runtime.browser import install_chromium
from callcenter.settings import Settings
from tests.support.desk import USERS, Desk
from tests.support.web_fixtures import HandClock, Parts, clock, database_url, desk, parts, template
from tests.support.web_server import serving
from web.app import create_app

__all__ = ["clock", "database_url", "desk", "parts", "template"]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
DESKTOP, PHONE = (1280, 800), (375, 740)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module: its event loop must not outlive it in this thread."""
    found = install_chromium(Settings(), Console(stderr=True))
    environment: dict[str, str | float | bool] = dict(found.environment)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, env=environment, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def address(settings: Settings, desk: Desk, parts: Parts, clock: HandClock) -> Iterator[str]:
    """The running console."""
    with serving(create_app(settings, checks=parts.checks(), clock=clock)) as address:
        yield address


@dataclass(slots=True)
class Screen:
    """Somebody's screen, and whatever the browser complained about there."""

    page: Page
    address: str
    desk: Desk
    language: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the console."""
        self.page.goto(self.address + path)
        return self.page

    def log_in(self, extension: str = "101") -> None:
        """By the form, as people do."""
        self.open(f"/login?lang={self.language}")
        self.page.fill("#username", USERS[extension])
        self.page.fill("#password", self.desk.passwords[extension])
        self.page.click("form[action='/login'] button")
        self.page.wait_for_url(f"{self.address}/")

    def settled(self) -> None:
        """Until the page is loaded and htmx is done with it: what it swapped in listens, and has its own attributes.

        htmx gives an element that comes for another of the same id the old one's attributes first, for 20 ms.
        """
        self.page.wait_for_load_state()
        busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
        expect(self.page.locator(busy)).to_have_count(0)

    def width_over(self) -> int:
        """Pixels by which the page is wider than the screen."""
        self.settled()
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def flaws(self) -> list[str]:
        """What axe-core finds: contrast, labels, landmarks, order."""
        self.settled()
        # evaluate() is not bound by the page's content security policy, a script element would be
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        )
        return [
            f"{flaw['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
            for flaw in found["violations"]
            for node in flaw["nodes"]
        ]

    def picture(self, name: str) -> None:
        """Keep a picture, if somebody wants to look."""
        if folder := os.environ.get("SHOUWEN_SHOTS"):
            width = self.page.viewport_size["width"] if self.page.viewport_size else 0
            path = Path(folder) / f"{name}-{self.language}-{width}.png"
            self.page.screenshot(path=path, full_page=True)


@contextmanager
def screen(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str, *, scripts: bool = True
) -> Iterator[Screen]:
    """A fresh screen; it fails the test if the browser complained."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    made = Screen(page=page, address=address, desk=desk, language=language)

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            made.complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("dialog", lambda dialog: made.complaints.append(f"dialog {dialog.message}"))
    try:
        yield made
        assert made.complaints == []
    finally:
        context.close()
