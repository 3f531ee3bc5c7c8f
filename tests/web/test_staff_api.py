"""Staff over the API, and where they are reached: what the console offers, for programs."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk

URL = "wecombot://0123456789abcdef"


def headers(desk: Desk, role: str = "manager") -> dict[str, str]:
    """A program's."""
    return {
        "authorization": f"Bearer {desk.manager_token if role == 'manager' else desk.staff_token}",
        "accept": "application/json",
    }


@pytest.mark.parametrize(("actor", "status"), [("102", 200), ("104", 200), ("101", 403), ("999", 422)])
def test_duty_is_ones_own_to_say_or_a_managers(
    client: TestClient, desk: Desk, actor: str, status: int
) -> None:
    path, asking = "/api/v1/staff/102/duty", headers(desk)
    answer = client.post(path, json={"actor": actor, "on_duty": False}, headers=asking)
    assert answer.status_code == status
    found = {
        each["extension"]: each["on_duty"]
        for each in client.get("/api/v1/staff", headers=asking).json()["items"]
    }
    assert found["102"] is (status != 200)
    assert found["101"] is True


def test_an_address_is_never_shown_again(client: TestClient, desk: Desk) -> None:
    path, asking = "/api/v1/reminders/addresses", headers(desk)
    added = client.post(path, json={"actor": "101", "url": URL}, headers=asking)
    assert added.status_code == 201, added.text
    listed = client.get(f"{path}?actor=101", headers=asking)
    assert [each["id"] for each in listed.json()["items"]] == [added.json()["id"]]
    assert "0123456789abcdef" not in added.text + listed.text
    number = added.json()["id"]
    assert client.post(f"{path}/{number}/remove", json={"actor": "102"}, headers=asking).status_code == 404
    assert client.post(f"{path}/{number}/remove", json={"actor": "101"}, headers=asking).status_code == 204
    assert client.get(f"{path}?actor=101", headers=asking).json()["items"] == []


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        ("manager", {"actor": "101", "url": "file:///etc/passwd"}, 422),
        ("manager", {"actor": "101", "url": URL, "extension": "102"}, 403),
        ("manager", {"actor": "104", "url": URL, "extension": "102"}, 201),
        ("manager", {"actor": "104", "url": "json://127.0.0.1:9/"}, 201),
        # A program of staff does not gain a manager's reach by naming one.
        ("staff", {"actor": "104", "url": "json://127.0.0.1:9/"}, 422),
    ],
)
def test_what_may_be_put_in(
    client: TestClient, desk: Desk, role: str, body: dict[str, str], status: int
) -> None:
    answer = client.post("/api/v1/reminders/addresses", json=body, headers=headers(desk, role))
    assert answer.status_code == status, answer.text
