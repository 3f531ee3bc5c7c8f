"""Forms: forged ones are refused, wrong ones keep what was typed, right ones change the ticket."""

from __future__ import annotations

import pytest

from tests.support.web_fixtures import Browser

FORMS = (
    "/logout",
    "/duty",
    *(
        f"/tickets/261123-1-009/{action}"
        for action in ("take", "form", "note", "resolve", "dismiss", "wait", "resume", "reopen", "close")
    ),
    "/tickets/261123-1-009/complexity",
    "/tickets/261123-1-009/transcript",
)


@pytest.mark.parametrize("path", FORMS)
def test_every_form_needs_its_token(browser: Browser, path: str) -> None:
    browser.log_in()
    for fields in ({}, {"csrf_token": "f" * 43}):
        answer = browser.client.post(path, data=fields)
        assert answer.status_code == 403
        assert "This form is out of date" in answer.text


def test_the_token_may_come_in_a_header(browser: Browser) -> None:
    browser.log_in()
    answer = browser.client.post("/duty", data={"on_duty": "no"}, headers={"x-csrf-token": browser.csrf})
    assert answer.status_code == 303


def test_writing_the_matter_down_opens_the_ticket(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{browser._desk.tickets['talking']}"
    where = browser.post(
        f"{path}/form",
        kind="complaint",
        complexity="simple",
        contact_name="孙女士",
        contact_phone="13200132007",
        details="第一行\n第二行",
        wished_reply="tomorrow",
        version="1",
        **{"field-wished_solution": "换一个窗口"},
    )
    assert where == f"{path}?done=opened"
    page = browser.text(where)
    assert "The ticket is open; its time begins to run." in page
    # Monday 10:20 + 1 working day: Tuesday 17:30. Left: 10:20-12:00, 14:00-17:30, 08:30-12:00, 14:00-17:30.
    assert "24 Nov 17:30" in page
    assert "12 h 10 min of working time left" in page


def test_what_cannot_be_saved_is_shown_again_with_what_was_typed(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{browser._desk.tickets['talking']}/form"
    fields = {
        "kind": "inquiry",
        "complexity": "normal",
        "contact_name": "Somebody <b>",
        "contact_phone": "12",
        "details": "",
        "csrf_token": browser.csrf,
    }
    answer = browser.client.post(path, data=fields)
    assert answer.status_code == 422
    assert 'aria-describedby="error-details"' in answer.text
    assert 'aria-describedby="error-contact_phone"' in answer.text
    assert 'value="Somebody &lt;b&gt;"' in answer.text
    assert 'value="12"' in answer.text


@pytest.mark.parametrize("field", ["kind", "complexity"])
def test_a_choice_that_the_policy_does_not_know_is_refused(browser: Browser, field: str) -> None:
    browser.log_in()
    fields = {
        "kind": "inquiry",
        "complexity": "normal",
        "details": "x",
        "csrf_token": browser.csrf,
        field: "nonsense",
    }
    answer = browser.client.post(f"/tickets/{browser._desk.tickets['talking']}/form", data=fields)
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text


def test_a_form_written_over_a_colleagues_change_is_not_saved(browser: Browser) -> None:
    browser.log_in()
    number = browser._desk.tickets["today"]
    fields = {
        "kind": "inquiry",
        "complexity": "simple",
        "details": "mine",
        "version": "1",
        "csrf_token": browser.csrf,
    }
    answer = browser.client.post(f"/tickets/{number}/form", data=fields)
    assert answer.status_code == 409
    assert "A colleague changed the ticket while you were writing." in answer.text
    assert ">mine</textarea>" in answer.text


def test_the_first_to_take_a_ticket_owns_it(browser: Browser) -> None:
    number = browser._desk.tickets["unowned"]
    browser.log_in("102")
    assert browser.post(f"/tickets/{number}/take").endswith("done=taken")
    browser.client.cookies.clear()
    browser.log_in("103")
    assert browser.post(f"/tickets/{number}/take").endswith("done=late")
    assert "李静" in browser.text(f"/tickets/{number}")


def test_note_solve_reopen_close(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{browser._desk.tickets['today']}"
    assert browser.post(f"{path}/note", note="rang twice").endswith("noted")
    assert browser.post(f"{path}/wait", waiting_for="the dean").endswith("waiting")
    assert browser.post(f"{path}/resume").endswith("resumed")
    assert browser.post(f"{path}/resolve", result="told them").endswith("resolved")
    assert "Kept" in browser.text(path)
    assert browser.post(f"{path}/reopen", again="not satisfied").endswith("reopened")
    assert browser.post(f"{path}/resolve", result="told them more").endswith("resolved")
    assert browser.post(f"{path}/steps/satisfaction_given", answer="satisfied").endswith("step")
    assert browser.post(f"{path}/close").endswith("closed")
    page = browser.text(path)
    for words in ("rang twice", "the dean", "told them", "not satisfied", "told them more"):
        assert words in page


def test_a_ticket_is_dismissed_with_a_reason_only(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{browser._desk.tickets['talking']}/dismiss"
    answer = browser.client.post(path, data={"reason": " ", "csrf_token": browser.csrf})
    assert answer.status_code == 422
    assert "Please give a reason." in answer.text
    assert browser.post(path, reason="wrong number").endswith("dismissed")


def test_what_the_state_forbids_is_refused(browser: Browser) -> None:
    browser.log_in("102")
    path = f"/tickets/{browser._desk.tickets['solved']}/resolve"
    answer = browser.client.post(path, data={"result": "again", "csrf_token": browser.csrf})
    assert answer.status_code == 409


def test_who_is_not_involved_changes_nothing(browser: Browser) -> None:
    browser.log_in("103")
    number = browser._desk.tickets["today"]
    answer = browser.client.post(f"/tickets/{number}/note", data={"note": "x", "csrf_token": browser.csrf})
    assert answer.status_code == 403
    assert f'action="/tickets/{number}/note"' not in browser.text(f"/tickets/{number}")


def test_a_manager_may_change_any_ticket(browser: Browser) -> None:
    browser.log_in("104")
    path = f"/tickets/{browser._desk.tickets['today']}"
    assert browser.post(f"{path}/complexity", complexity="complex").endswith("saved")


def test_correcting_the_text_of_a_message(browser: Browser) -> None:
    browser.log_in()
    path = f"/tickets/{browser._desk.tickets['unowned']}"
    browser.post(f"{path}/take")
    assert browser.post(f"{path}/transcript", text="寒假宿舍何时关门?").endswith("corrected")
    page = browser.text(path)
    assert "寒假宿舍何时关门?" in page
    assert "Corrected by a person" in page


def test_going_off_duty_and_on_again(browser: Browser) -> None:
    browser.log_in()
    assert browser.post("/duty", on_duty="no") == "/?done=off-duty"
    assert "Off duty" in browser.text("/")
    assert browser.post("/duty", on_duty="yes") == "/?done=on-duty"


def test_a_huge_form_is_refused_unread(browser: Browser) -> None:
    browser.log_in()
    answer = browser.client.post("/duty", data={"on_duty": "x" * 300_000})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("chunks", [3, 40])
def test_so_is_one_that_does_not_say_how_long_it_is(browser: Browser, chunks: int) -> None:
    browser.log_in()
    answer = browser.client.post(
        "/duty",
        content=(b"x" * 10_000 for _ in range(chunks)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == (403 if chunks == 3 else 413)
