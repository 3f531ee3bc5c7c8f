"""Logging in and out: sessions, forged forms, guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.support.desk import USERS, Desk
from tests.support.web_fixtures import Browser, HandClock, csrf_of
from web.pages.login import safe_path

PAGES = ("/", "/calls", "/tickets", "/board", "/calls/1.1", "/tickets/261123-1-001", "/recordings/1")


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_logged_in_is_sent_to_the_form(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_the_form_leads_back_to_the_page_that_was_asked_for(client: TestClient, desk: Desk) -> None:
    form = client.get(client.get("/calls").headers["location"])
    answer = client.post(
        "/login",
        data={
            "username": "wangmin",
            "password": desk.passwords["101"],
            "next": "/calls",
            "csrf_token": csrf_of(form.text),
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")


def test_programs_that_want_json_are_told_so(client: TestClient) -> None:
    answer = client.get("/calls", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    page = browser.client.get("/login")
    answer = browser.client.post(
        "/login",
        data={
            "username": "wangmin",
            "password": browser._desk.passwords["101"],
            "csrf_token": csrf_of(page.text),
        },
    )
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("shouwen_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_over_tls_the_cookie_is_secure_and_tied_to_the_host(client: TestClient, desk: Desk) -> None:
    client.base_url = "https://testserver"
    page = client.get("/login")
    answer = client.post(
        "/login",
        data={
            "username": "wangmin",
            "password": desk.passwords["101"],
            "csrf_token": csrf_of(page.text),
        },
    )
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "_session=" in c)
    assert cookie.startswith("__Host-shouwen_session=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_wrong_password_is_refused_and_the_name_kept(browser: Browser) -> None:
    page = browser.client.get("/login?lang=en")
    answer = browser.client.post(
        "/login", data={"username": "wangmin", "password": "no", "csrf_token": csrf_of(page.text)}
    )
    assert answer.status_code == 401
    assert "User name or password is wrong." in answer.text
    assert 'value="wangmin"' in answer.text


def test_a_login_form_from_elsewhere_is_refused(client: TestClient, desk: Desk) -> None:
    for token in ("", "0" * 64):
        answer = client.post(
            "/login",
            data={"username": "wangmin", "password": desk.passwords["101"], "csrf_token": token},
        )
        assert answer.status_code == 403
    assert client.get("/").status_code == 303


def test_guessing_is_slowed_down_even_with_the_right_password(browser: Browser, clock: HandClock) -> None:
    def attempt(password: str) -> int:
        page = browser.client.get("/login")
        data = {"username": "wangmin", "password": password, "csrf_token": csrf_of(page.text)}
        answer = browser.client.post("/login", data=data)
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
        return answer.status_code

    codes = [attempt(f"guess {number}") for number in range(7)]
    assert codes[0] == 401
    assert codes[-1] == 429
    right = browser._desk.passwords["101"]
    assert attempt(right) == 429
    clock.advance(timedelta(hours=1))
    assert attempt(right) == 303


def test_a_login_gives_a_new_session_and_ends_the_old_one(browser: Browser) -> None:
    browser.log_in("101")
    first = browser.client.cookies["shouwen_session"]
    browser.client.cookies.delete("shouwen_session")
    page = browser.client.get("/login")
    browser.client.cookies.set("shouwen_session", first)
    browser.client.post(
        "/login",
        data={
            "username": "lijing",
            "password": browser._desk.passwords["102"],
            "csrf_token": csrf_of(page.text),
        },
    )
    browser.client.cookies.clear()
    browser.client.cookies.set("shouwen_session", first)
    assert browser.client.get("/").status_code == 303


def test_logging_out_ends_the_session_on_the_server(browser: Browser) -> None:
    browser.log_in()
    secret = browser.client.cookies["shouwen_session"]
    assert browser.post("/logout") == "/login"
    browser.client.cookies.set("shouwen_session", secret)
    assert browser.client.get("/").status_code == 303


def test_a_session_runs_out(browser: Browser, clock: HandClock) -> None:
    browser.log_in()
    clock.advance(timedelta(days=1))
    assert browser.client.get("/").status_code == 303


@pytest.mark.parametrize("extension", sorted(USERS))
def test_everybody_can_log_in(browser: Browser, extension: str) -> None:
    assert browser.log_in(extension).client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("/tickets", "/tickets"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: x=y", "/"),
        ("", "/"),
    ],
)
def test_the_login_leads_nowhere_else(wish: str, path: str) -> None:
    assert safe_path(wish) == path
