"""The opinion of the person served by a link: no login, one answer, nothing personal (H32, H41, S31, T20)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url
from starlette.testclient import TestClient

from callcenter.domain.chain import TicketEvent
from callcenter.domain.tickets import Status, Ticket
from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser, HandClock, Parts
from web.app import create_app


@pytest.fixture
def number(desk: Desk) -> str:
    """A ticket that 102 has resolved; the person is 赵同学, the number 02087654321."""
    return desk.tickets["solved"]


@pytest.fixture
def staff(browser: Browser) -> Browser:
    return browser.log_in("102")


@contextmanager
def somebody(client: TestClient, language: str = "zh-CN") -> Iterator[TestClient]:
    """A telephone's browser: no cookie of ours."""
    stranger = TestClient(
        client.app,
        follow_redirects=False,
        headers={"accept": "text/html", "accept-language": language},
    )
    yield stranger


def new_link(staff: Browser, number: str) -> str:
    """The path of a new link, as the page shows it."""
    answer = staff.client.post(f"/tickets/{number}/opinion-link", data={"csrf_token": staff.csrf})
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="http://testserver(/s/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def ticket_of(client: TestClient, number: str) -> tuple[Ticket, list[TicketEvent]]:
    with client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        ticket = work.tickets.get(number)
        return ticket, list(work.tickets.events(number))


@pytest.mark.rule("H32", "S31")
def test_a_link_is_made_and_logged(staff: Browser, number: str) -> None:
    assert "Link for the opinion" in staff.text(f"/tickets/{number}")
    path = new_link(staff, number)
    assert len(path) >= len("/s/") + 32
    _, events = ticket_of(staff.client, number)
    assert (events[-1].kind, events[-1].actor) == ("satisfaction_asked", "102")
    assert path.removeprefix("/s/") not in str(events)
    with staff.client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        stored = work.session.connection().exec_driver_sql("SELECT token_hash FROM opinion_link").scalar_one()
    assert path.removeprefix("/s/") not in stored


@pytest.mark.rule("H32", "S31", "T31")
@pytest.mark.rule("H60")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN,zh;q=0.9", ("满意", "基本满意", "不满意", "监督电话")),
        ("en-GB,en", ("Satisfied", "Fairly satisfied", "Not satisfied", "Supervision line")),
    ],
)
def test_the_page_asks_and_names_nobody(
    staff: Browser, number: str, language: str, words: tuple[str, ...]
) -> None:
    path = new_link(staff, number)
    with somebody(staff.client, language) as person:
        answer = person.get(path)
    assert answer.status_code == 200
    for word in (*words, number):
        assert word in answer.text
    for secret in ("赵", "8765", "成绩单", "李静", "102", "No opinion given", "未作评价", "csrf"):
        assert secret not in answer.text, secret
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers


@pytest.mark.rule("H32", "T20")
def test_an_answer_is_taken_once(staff: Browser, number: str) -> None:
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        assert person.post(path, data={"answer": "satisfied", "remark": "很快，谢谢"}).status_code == 200
        again = person.post(path, data={"answer": "not_satisfied"})
        assert again.status_code == 409
        assert "此前已收到" in again.text
        assert "此前已收到" in person.get(path).text
    ticket, events = ticket_of(staff.client, number)
    assert (ticket.status, ticket.satisfaction) == (Status.RESOLVED, "satisfied")
    given = [event for event in events if event.kind == "satisfaction_given"]
    assert [(event.actor, dict(event.data)) for event in given] == [
        ("system", {"answer": "satisfied", "via": "link", "text": "很快，谢谢"})
    ]


@pytest.mark.rule("H41", "T20")
def test_not_satisfied_opens_it_again(staff: Browser, number: str) -> None:
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        answer = person.post(path, data={"answer": "not_satisfied", "remark": ""})
    assert "重新办理" in answer.text
    ticket, events = ticket_of(staff.client, number)
    assert (ticket.status, ticket.satisfaction) == (Status.OPEN, "not_satisfied")
    assert [event.kind for event in events][-2:] == ["satisfaction_given", "reopened"]


@pytest.mark.parametrize("answer", ["", "excellent", "not_given", "1"])
def test_an_answer_that_is_not_offered_is_asked_for_again(staff: Browser, number: str, answer: str) -> None:
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        shown = person.post(path, data={"answer": answer, "remark": "<b>记得我</b>"})
        assert shown.status_code == 422
        assert "请选择一项" in shown.text
        assert "&lt;b&gt;记得我" in shown.text
        assert person.post(path, data={"answer": "fairly"}).status_code == 200


def test_a_remark_is_cut_and_cleaned(staff: Browser, number: str) -> None:
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        person.post(path, data={"answer": "fairly", "remark": "\x07" + "水" * 5000})
    _, events = ticket_of(staff.client, number)
    assert events[-1].data["text"] in ("水" * 2000, "水" * 1999)


def test_a_link_ends_after_thirty_days(staff: Browser, number: str, clock: HandClock) -> None:
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        clock.advance(timedelta(days=30) - timedelta(seconds=1))
        assert person.get(path).status_code == 200
        clock.advance(timedelta(seconds=1))
        assert person.get(path).status_code == 404
        assert person.post(path, data={"answer": "satisfied"}).status_code == 404


def test_a_link_belongs_to_one_run(staff: Browser, number: str, clock: HandClock) -> None:
    first = new_link(staff, number)
    staff.post(f"/tickets/{number}/reopen", again="还差盖章")
    with somebody(staff.client) as person:
        assert person.get(first).status_code == 404
        clock.advance(timedelta(minutes=1))
        staff.post(f"/tickets/{number}/resolve", result="已盖章")
        assert person.post(first, data={"answer": "satisfied"}).status_code == 404
        second = new_link(staff, number)
        assert person.post(second, data={"answer": "satisfied"}).status_code == 200


def test_a_new_link_ends_the_one_before(staff: Browser, number: str) -> None:
    first, second = new_link(staff, number), new_link(staff, number)
    with somebody(staff.client) as person:
        assert person.get(first).status_code == 404
        assert person.get(second).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 32, "..%2f..%2fetc", "%00", "é" * 40, "A" * 5000])
def test_an_invented_link_leads_nowhere(client: TestClient, desk: Desk, token: str) -> None:
    with somebody(client) as person:
        assert person.get(f"/s/{token}").status_code == 404
        assert person.post(f"/s/{token}", data={"answer": "satisfied"}).status_code == 404


def test_who_guesses_is_slowed_down(client: TestClient, desk: Desk) -> None:
    with somebody(client) as person:
        statuses = [person.get(f"/s/{'A' * 31}{index}").status_code for index in range(70)]
    assert statuses[:60] == [404] * 60
    assert statuses[60:] == [429] * 10


def test_two_answers_at_the_same_instant_are_one(staff: Browser, number: str) -> None:
    path = new_link(staff, number)
    together = threading.Barrier(4)

    def one(answer: str) -> int:
        with somebody(staff.client) as person:
            together.wait()
            return person.post(path, data={"answer": answer}).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(one, ("satisfied", "not_satisfied", "satisfied", "fairly")))
    assert statuses in (
        [200, 409, 409, 409],
        [200, 404, 409, 409],
        [200, 404, 404, 409],
        [200, 404, 404, 404],
    )
    _, events = ticket_of(staff.client, number)
    assert [event.kind for event in events].count("satisfaction_given") == 1


def test_only_those_involved_make_links_and_only_for_what_is_resolved(
    browser: Browser, desk: Desk, number: str
) -> None:
    browser.log_in("101")
    form = {"csrf_token": browser.csrf}
    assert browser.client.post(f"/tickets/{number}/opinion-link", data=form).status_code == 403
    assert browser.client.post(f"/tickets/{desk.tickets['today']}/opinion-link", data=form).status_code == 409
    assert browser.client.post(f"/tickets/{number}/opinion-link", data={}).status_code == 403
    assert "Link for the opinion" not in browser.text(f"/tickets/{desk.tickets['today']}")


def test_over_the_api(client: TestClient, desk: Desk, number: str) -> None:
    path = f"/api/v1/tickets/{number}/opinion-link"
    bearer = {"authorization": f"Bearer {desk.manager_token}"}
    made = client.post(path, json={"actor": "102"}, headers=bearer)
    assert made.status_code == 201
    assert made.json()["expires_at"] == "2026-12-23T10:20:00+08:00"
    with somebody(client) as person:
        assert person.get(made.json()["link"].removeprefix("http://testserver")).status_code == 200
    staff_bearer = {"authorization": f"Bearer {desk.staff_token}"}
    assert client.post(path, json={"actor": "101"}, headers=staff_bearer).status_code == 403
    open_one = f"/api/v1/tickets/{desk.tickets['today']}/opinion-link"
    assert client.post(open_one, json={"actor": "101"}, headers=bearer).status_code == 409


def test_the_address_outside_is_a_setting(
    settings: Settings, desk: Desk, parts: Parts, clock: HandClock, number: str
) -> None:
    ours = settings.model_copy(update={"public_url": "https://desk.example.edu.cn"})
    app = create_app(ours, checks=parts.checks(), clock=clock)
    with TestClient(app) as client:
        until(lambda: app.state.console.health.database_is_up)
        bearer = {"authorization": f"Bearer {desk.manager_token}"}
        path = f"/api/v1/tickets/{number}/opinion-link"
        link = client.post(path, json={"actor": "102"}, headers=bearer).json()["link"]
    assert link.startswith("https://desk.example.edu.cn/s/")


def test_nothing_of_it_reaches_the_log(
    staff: Browser, number: str, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level("INFO")
    path = new_link(staff, number)
    with somebody(staff.client) as person:
        person.get(path)
        person.post(path, data={"answer": "fairly", "remark": "我叫赵某"})
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert path.removeprefix("/s/") not in ours
    assert "route=/s/{token}" in ours
    assert "赵某" not in caplog.text
    assert settings.database_url
    url = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        used = connection.execute("SELECT used_at IS NOT NULL FROM opinion_link").fetchall()
    assert used == [(True,)]
