"""The calendar: a year's days, the centre's own closures and openings, and when something would be due."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.clocks import NoDueTime, due_time
from callcenter.domain.own_days import FIRST_YEAR, LAST_YEAR, BadDays, OwnDayKind, read_run
from callcenter.domain.policy import Rules
from callcenter.policy_words import clock_label
from web.deps import FormDep, ManagerPageDep, PageDep
from web.i18n import N_
from web.own_days import change_days, take_back_days
from web.pages.ticket_form import UNKNOWN_CHOICE
from web.reading import Page, go, text_of
from web.views.calendar import ledger, local_instant, own_runs, weekdays, year_view

router = APIRouter()
NOTHING_ASKED = {"policy": "", "clock": "", "from": ""}
NO_DAYS = N_("Please choose the first and the last day: the earlier one first, at most 400 days.")
NO_REASON = N_("Please say why in a few words: it is shown where due times are explained.")
Text = Annotated[str, Query(max_length=60)]


@router.get("/calendar")
def show(
    page: PageDep,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
    policy: Text = "",
    clock: Text = "",
    since: Annotated[str, Query(alias="from", max_length=40)] = "",
) -> HTMLResponse:
    """A year; with a clock and an instant, the due time day by day."""
    return _render(page, year, {"policy": policy, "clock": clock, "from": since})


def _render(
    page: Page, year: int | None, asked: dict[str, str], *, code: int = 200, **given: Any
) -> HTMLResponse:
    console, say, now = page.console, page.say, page.console.clock()
    today = now.astimezone(console.settings.zone).date()
    shown = year or today.year
    with console.work() as work:
        book = work.rules
        days = work.own_days.between(date(shown, 1, 1), date(shown, 12, 31))
        names = work.staff.names()
    calendar = book.current.calendar
    rules = book.by_name.get(asked["policy"], book.current)
    values: dict[str, Any] = {
        "year": shown,
        "months": year_view(shown, calendar, {day.day: day for day in days}, say, today),
        "weekdays": weekdays(say),
        "is_provisional": calendar.notice(shown) is None,
        "runs": own_runs(days),
        "names": names,
        "first_year": FIRST_YEAR,
        "last_year": LAST_YEAR,
        "policies": [
            (name, each.policy.title.get(say.language) or name) for name, each in book.by_name.items()
        ],
        "policy": rules.policy.name,
        "clocks": [(name, clock_label(rules.policy, name, say.language)) for name in rules.policy.clocks],
        "asked": asked,
        "given": {"first": "", "last": "", "kind": "closure", "reason": "", "fault": "", **given},
        **_answer(rules, asked, page),
    }
    return page("calendar.html", "calendar", code=code, **values)


def _answer(rules: Rules, asked: dict[str, str], page: Page) -> dict[str, Any]:
    """The due time that was asked for, or what is wrong with the question."""
    nothing: dict[str, Any] = {"due": None, "lines": [], "question_fault": ""}
    clock, start = rules.policy.clocks.get(asked["clock"]), local_instant(asked["from"], rules.calendar)
    if not asked["clock"] and not asked["from"]:
        return nothing
    if clock is None or start is None:
        return nothing | {"question_fault": page.say.gettext("Choose a limit, and when it begins.")}
    try:
        due = due_time(clock.limit, start, rules.calendar)
    except NoDueTime:
        return nothing | {"question_fault": page.say.gettext("The calendar has no such day.")}
    return nothing | {"due": due, "lines": ledger(due, page.say)}


@router.post("/calendar/days")
def add(page: ManagerPageDep, form: FormDep) -> Response:
    """Close the centre on some days, or open it: for managers."""
    given = {key: text_of(form, key) for key in ("first", "last", "kind", "reason")}
    try:
        days = read_run(f"{given['first']}/{given['last'] or given['first']}")
    except BadDays:
        return _not_set(page, NO_DAYS, given)
    if given["kind"] not in set(OwnDayKind):
        return _not_set(page, UNKNOWN_CHOICE, given)
    if not given["reason"]:
        return _not_set(page, NO_REASON, given)
    kind = OwnDayKind(given["kind"])
    change_days(page.console, days, kind, given["reason"], page.reader.viewer.extension)
    return go(f"/calendar?year={days[0].year}&done=days-set")


def _not_set(page: Page, fault: str, given: dict[str, str]) -> HTMLResponse:
    """The form again, with what was typed."""
    return _render(page, None, dict(NOTHING_ASKED), code=422, fault=page.say.gettext(fault), **given)


@router.post("/calendar/days/remove")
def remove(page: ManagerPageDep, form: FormDep) -> Response:
    """Take own days back: for managers."""
    days = read_run(text_of(form, "days"))
    take_back_days(page.console, days)
    return go(f"/calendar?year={days[0].year}&done=days-removed")
