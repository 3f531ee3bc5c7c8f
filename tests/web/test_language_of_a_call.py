"""What a caller speaks, in the console: on the page of the call, and on the ticket before somebody calls back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.domain.calls import CallEvent, Kind
from callcenter.services.call_backs import request_call_back, take_requests
from callcenter.services.calls import apply_events
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Desk
from tests.support.web_fixtures import Browser
from tests.web.test_api import CALL_KEYS, Api

LINKEDID, TICKET, NUMBER = "1763699999.1", "261123-7-001", "13100131099"


def a_call(open_work: UowFactory, *more: CallEvent, language: str, remembered: bool = False) -> None:
    """Answered by 101, who has its ticket."""
    arrived = {
        "line": "8000",
        "caller": NUMBER,
        "caller_name": None,
        "language": language,
        "remembered": remembered,
    }
    who = {"extension": "101", "name": "王敏", "uniqueid": "x.1", "ticket": TICKET}
    events = [event(Kind.ARRIVED, 0, **arrived), *more, event(Kind.ANSWERED, 9, **who), event(Kind.ENDED, 60)]
    with open_work() as work:
        apply_events(work, node=7, events=list(enumerate(events, 1)))
        work.commit()


def event(kind: Kind, after_s: float, **data: str | bool | None) -> CallEvent:
    return CallEvent(linkedid=LINKEDID, at=NOW + timedelta(seconds=after_s), kind=kind, data=data)


def english() -> CallEvent:
    return event(Kind.LANGUAGE, 4, language="en", own="zh")


def test_the_call_tells_the_language_and_how_it_came_to_it(browser: Browser, uow_factory: UowFactory) -> None:
    a_call(uow_factory, english(), language="zh")
    page = browser.log_in().text(f"/calls/{LINKEDID}")
    assert "The caller presses 9: the call goes on in English." in page
    assert "<dt>Language</dt><dd>English</dd>" in page


def test_a_remembered_language_is_told_at_the_arrival(browser: Browser, uow_factory: UowFactory) -> None:
    a_call(uow_factory, language="en", remembered=True)
    page = browser.log_in(language="zh").text(f"/calls/{LINKEDID}")
    assert "开始即用英语，这个号码以前选择过。" in page
    assert "<dt>语言</dt><dd>英语</dd>" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_ticket_says_so_where_it_is_not_the_centres_language(
    browser: Browser, uow_factory: UowFactory, language: str
) -> None:
    a_call(uow_factory, language=language)
    page = browser.log_in().text(f"/tickets/{TICKET}")
    head = page.partition('class="page-head"')[2].partition("</div>")[0]
    assert ("Speaks English" in head) == (language == "en")
    name = {"zh": "Chinese", "en": "English"}[language]
    assert f"<dt>Language of the caller</dt><dd>{name}</dd>" in page


def test_a_call_whose_language_nobody_knows_says_nothing(browser: Browser, desk: Desk) -> None:
    page = browser.log_in().text(f"/calls/{desk.calls['handoff']}")
    assert "<dt>Language</dt>" not in page


def test_the_contracts_shapes_stay_as_they_are(browser: Browser, desk: Desk, uow_factory: UowFactory) -> None:
    a_call(uow_factory, english(), language="zh")
    manager = Api(browser.client, desk.manager_token)
    assert set(manager.get(f"/calls/{LINKEDID}")) == CALL_KEYS
    assert "language" not in manager.get(f"/tickets/{TICKET}")


def test_whoever_is_called_back_is_asked_in_the_language_of_their_call(
    browser: Browser, uow_factory: UowFactory
) -> None:
    a_call(uow_factory, english(), language="zh")
    with uow_factory() as work:
        request_call_back(work, TICKET, WANG, NOW + timedelta(minutes=5), barred=())
        (order,) = take_requests(work, node=7, now=NOW + timedelta(minutes=5))
    assert (order.call_back.number, order.language) == (NUMBER, "en")
