"""The console with a service account: fixtures, the platform's callback, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from callcenter.domain.tickets import Ticket
from callcenter.services.ports import TicketFilter
from callcenter.settings import Settings
from tests.polling import until
from tests.support import wechat
from tests.support.desk import NOW
from tests.support.web_fixtures import HandClock, Parts
from tests.support.wechat import ZHAO
from web.app import create_app

ADDRESS = "/wechat/service-account"
SEALED = {"wechat_app_id": wechat.APP_ID, "wechat_aes_key": wechat.AES_KEY}
Start = Callable[..., TestClient]


class Ticking(HandClock):
    """Moves on by a microsecond at each look: no two messages come at the very same instant."""

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return Ticking(NOW)


@pytest.fixture
def start(settings: Settings, clock: HandClock, parts: Parts) -> Iterator[Start]:
    """Starts the console with settings of the service account."""
    running = []

    def begin(**given: str) -> TestClient:
        ours = settings.model_copy(update={"wechat_token": wechat.TOKEN, **given})
        app = create_app(ours, checks=parts.checks(), clock=clock)
        client = TestClient(app, follow_redirects=False)
        client.__enter__()
        running.append(client)
        until(lambda: app.state.console.health.database_is_up)
        return client

    yield begin
    for client in running:
        client.__exit__(None, None, None)


def send(client: TestClient, xml: str, now: datetime = NOW, **changed: str) -> tuple[int, str]:
    """A plain callback; status and answer."""
    answer = client.post(ADDRESS, params=wechat.query(now) | changed, content=xml.encode())
    return answer.status_code, answer.text


def said(xml: str) -> str:
    """The words of a passive reply."""
    root = ElementTree.fromstring(xml)
    assert root.findtext("MsgType") == "text"
    assert root.findtext("FromUserName") == wechat.US
    return root.findtext("Content") or ""


def tickets(client: TestClient, account: str = ZHAO) -> list[Ticket]:
    """The sender's tickets."""
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        wanted = TicketFilter(channel="service_account", party=f"account:{account.casefold()}")
        return list(work.tickets.page(wanted, None, 50))


def kinds(client: TestClient, number: str) -> list[str]:
    """The kinds of the ticket's events in their order."""
    with client.app.state.console.report_work() as work:  # type: ignore[attr-defined]  # the application is ours
        return [event.kind for event in work.tickets.events(number)]


def inbox(settings: Settings) -> list[Path]:
    """The messages that wait, and what lies beside them."""
    return sorted(settings.inbox.iterdir()) if settings.inbox.exists() else []
