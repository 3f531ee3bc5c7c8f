"""What somebody wrote while a colleague closed the ticket is not put on it, and is not lost either."""

from __future__ import annotations

import pytest

from callcenter.services import tickets
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG
from tests.support.web_fixtures import Browser
from tests.web.test_today import opened

FORM = {"kind": "inquiry", "complexity": "simple", "contact_name": "周同学", "details": "改为周三"}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("note", {"note": "改为周三"}),
        ("wait", {"waiting_for": "改为周三"}),
        ("dismiss", {"reason": "改为周三"}),
        ("form", FORM),
    ],
)
def test_a_ticket_that_was_dismissed_meanwhile(
    browser: Browser, uow_factory: UowFactory, action: str, fields: dict[str, str]
) -> None:
    number = opened(uow_factory).number
    browser.log_in()
    with uow_factory() as uow:
        tickets.dismiss(uow, number, "打错了", WANG, NOW)
        uow.commit()
    data = {**fields, "csrf_token": browser.csrf}
    answer = browser.client.post(f"/tickets/{number}/{action}", data=data)
    assert answer.status_code == 409
    notice = answer.text.split('<div class="notice bad" role="alert">')[1].split("</section>")[0]
    assert "This step is not offered any more" in notice
    assert "改为周三" in notice
