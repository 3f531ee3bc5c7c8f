"""Addresses are worked out before anybody asks: the first request after a start waits for none of it."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from starlette.testclient import TestClient

from callcenter.settings import Settings
from tests.support.web_fixtures import Parts
from web.app import create_app


def test_the_first_request_builds_nothing(
    settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(settings, checks=parts.checks())
    built: list[object] = []
    make = pydantic.TypeAdapter.__init__

    def counted(self: pydantic.TypeAdapter[Any], kind: Any, **given: Any) -> None:
        built.append(kind)
        make(self, kind, **given)

    monkeypatch.setattr(pydantic.TypeAdapter, "__init__", counted)
    with TestClient(app) as client:
        assert client.get("/api/v1/health").status_code == 200
        assert client.get("/login").status_code == 200
    assert built == []


def test_every_application_has_the_same_addresses(settings: Settings, parts: Parts) -> None:
    one, two = (create_app(settings, checks=parts.checks()) for _ in range(2))
    assert one.openapi() == two.openapi()
    assert one.state.console is not two.state.console
