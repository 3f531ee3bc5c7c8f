"""A long list of spot checks that wait is read page after page, none left out."""

from __future__ import annotations

from starlette.testclient import TestClient

from callcenter.services import tickets
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Desk
from tests.web.test_policy_pages import bearer
from tests.web.test_today import opened


def test_what_is_to_do_page_after_page(client: TestClient, desk: Desk, uow_factory: UowFactory) -> None:
    for _ in range(3):
        number = opened(uow_factory).number
        with uow_factory() as uow:
            tickets.resolve(uow, number, "已答复", WANG, NOW)
            uow.commit()
    manager = bearer(desk.manager_token)
    body = {"actor": "104", "count": 3, "from": "2026-11-23", "to": "2026-11-23"}
    answer = client.post("/api/v1/supervision/draws", json=body, headers=manager)
    assert answer.status_code == 200, answer.text
    drawn = sorted(each["id"] for each in answer.json()["items"])
    seen: list[int] = []
    address = "/api/v1/supervision/checks?limit=2"
    page = client.get(address, headers=manager).json()
    while page["next"]:
        seen += [each["id"] for each in page["items"]]
        page = client.get(f"{address}&cursor={page['next']}", headers=manager).json()
    assert [*seen, *(each["id"] for each in page["items"])] == drawn
    assert len(seen) == 2
