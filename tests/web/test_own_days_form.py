"""Days that cannot be set: the reader is told why in their language, and what they typed is still there."""

from __future__ import annotations

import pytest

from tests.support.web_fixtures import Browser

DAY = {"first": "2026-11-24", "last": "", "kind": "closure", "reason": "校运会"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first": "明天"}, "请选择首日和末日"),
        ({"last": "2026-11-23"}, "请选择首日和末日"),
        ({"last": "2028-11-23"}, "请选择首日和末日"),
        ({"kind": "holiday"}, "请从列表中选择"),
        ({"reason": ""}, "请简要说明原因"),
    ],
)
def test_why_days_are_not_set(browser: Browser, wrong: dict[str, str], said: str) -> None:
    browser.log_in("104", language="zh")
    given = {**DAY, **wrong}
    answer = browser.client.post("/calendar/days", data={**given, "csrf_token": browser.csrf})
    assert answer.status_code == 422
    fault = answer.text.split('class="field-error" role="alert"')[1].split("</p>")[0]
    assert said in fault
    for name in ("first", "last", "reason"):
        assert f'value="{given[name]}"' in answer.text


def test_days_that_are_nobody_s_own(browser: Browser) -> None:
    browser.log_in("104")
    for days in ("2026-11-24/2026-11-24", "nonsense"):
        data = {"days": days, "csrf_token": browser.csrf}
        assert browser.client.post("/calendar/days/remove", data=data).status_code == 422
