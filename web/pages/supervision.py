"""Supervision: spot checks and their sheets, scores per person, the yearly list. Managers see all of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from callcenter.domain.access import Via
from callcenter.domain.periods import BadPeriod, read_period
from callcenter.domain.spot_checks import BadScores, NoSheet, NothingToDraw, SpotCheck
from callcenter.domain.transcripts import Purpose
from callcenter.report_files import MEDIA_TYPES, Format
from callcenter.services import supervision
from callcenter.services.supervision import AlreadyChecked, BadDraw, OwnMatter
from callcenter.services.ticket_log import SYSTEM
from callcenter.services.tickets import get_ticket
from web import seeing
from web.deps import FormDep, ManagerPageDep, PageDep, RowId, Since, Until
from web.errors import NotForYou
from web.i18n import N_
from web.pages.one_ticket import read_call
from web.reading import Page, go, text_of
from web.views import supervision as views
from web.views.periods import first_and_last, month_asked_for, period_choices, period_words
from web.views.ticket_story import ticket_story
from web.views.tickets import name_of
from web.views.transcripts import Message

router = APIRouter(prefix="/supervision")
LISTED = 50
Year = Annotated[int | None, Query(ge=2000, le=2100)]
DRAW_PROBLEMS: Mapping[type[Exception], str] = {
    BadDraw: N_("Draw 1 to 100 matters, out of a period of at most 93 days."),
    BadPeriod: N_("The first day must not come after the last, and both must be days of the calendar."),
    NothingToDraw: N_(
        "Nothing is left to draw: nothing was solved in this period, or all of it was drawn before."
    ),
}
CHECKED_MEANWHILE = N_(
    "A colleague filled the sheet in meanwhile. Look at it again; a correction needs a reason."
)
REASON_MISSING = N_("Please give the reason of the correction.")
OWN_MATTER = N_("This is your own matter: somebody else has to check it.")


@router.get("")
def overview(page: PageDep, since: Since = None, until: Until = None) -> HTMLResponse:
    """What is checked and how everybody stands; staff see the results of their own checks alone."""
    if not page.reader.viewer.is_manager:
        return own_checks(page)
    return show_overview(page, since, until)


def own_checks(page: Page) -> HTMLResponse:
    """The results of the reader's own spot checks."""
    with page.console.work() as work:
        done = work.supervision.done(None, LISTED, owner=page.reader.viewer.extension)
    return page("supervision/own.html", "supervision", done=done, points_words=views.points_words)


def show_overview(
    page: Page,
    since: str | None,
    until: str | None,
    *,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    code: int = 200,
) -> HTMLResponse:
    """The overview; after a draw that failed with the reason and what was typed."""
    console, say, now = page.console, page.say, page.console.clock()
    zone = console.settings.zone
    period, is_bad = month_asked_for(since, until, zone, now)
    with console.report_work() as work:
        month = supervision.month_of_checks(work, zone, now)
        report = supervision.scores(work, period, zone=zone, now=now)
        to_do = work.supervision.to_do(LISTED)
        done = work.supervision.done(period, LISTED)
    policy = console.rules.policy
    today = now.astimezone(zone).date()
    first, last = first_and_last(period, zone)
    blank = {
        "count": str(min(max(month.wanted - month.drawn, 1), supervision.MOST_AT_ONCE)),
        "draw_from": ((today.replace(day=1) - timedelta(days=1)).replace(day=1)).isoformat(),
        "draw_to": today.isoformat(),
    }
    return page(
        "supervision/overview.html",
        "supervision",
        code=422 if is_bad else code,
        month=month,
        to_do=to_do,
        done=done,
        rows=[views.score_row(each, report, say) for each in report.people],
        titles=views.titles(say),
        formulas=views.formulas(report.weights, policy, say),
        choices=period_choices(period, zone, now, say),
        span=period_words(period, say),
        first=first,
        last=last,
        is_bad=is_bad,
        problem=problem,
        draw={**blank, **(typed or {})},
        points_words=views.points_words,
        has_sheet=bool(policy.supervision.scores),
    )


@router.post("/draw")
def draw(page: ManagerPageDep, form: FormDep) -> Response:
    """Draw matters by lot; the seed is the machine's."""
    console, now = page.console, page.console.clock()
    typed = {key: text_of(form, key)[:40] for key in ("count", "draw_from", "draw_to")}
    count = typed["count"]
    try:
        period = read_period(typed["draw_from"] or None, typed["draw_to"] or None, console.settings.zone, now)
        with console.report_work() as work:
            supervision.draw_checks(
                work,
                count=int(count) if count.isascii() and count.isdecimal() and len(count) < 6 else 0,
                period=period,
                actor=page.reader.viewer.person,
                seed=secrets.token_hex(16),
                now=now,
            )
            work.commit()
    except (BadDraw, BadPeriod, NoSheet, NothingToDraw) as error:
        return show_overview(page, None, None, problem=DRAW_PROBLEMS[type(error)], typed=typed, code=422)
    return go("/supervision", "drawn")


@router.get("/checks/{check_id}")
def show_check(page: PageDep, check_id: RowId) -> HTMLResponse:
    """One check with its sheet; managers also see the record that is checked."""
    return show_sheet(page, check_id)


def show_sheet(
    page: Page,
    check_id: int,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    problem: str = "",
    code: int = 200,
) -> HTMLResponse:
    """The check; after a form that could not be saved with what was typed. Raises NotForYou, UnknownCheck."""
    console, viewer, say, now = page.console, page.reader.viewer, page.say, page.console.clock()
    with console.work() as work:
        check = supervision.get_check(work, check_id)
        _may_see(page, check)
        policy = supervision.policy_of(work, check)
        ticket_view = get_ticket(work, check.ticket, now)
        ticket = ticket_view.ticket
        call = read_call(work, ticket)
        events = work.tickets.events(check.ticket)
        recordings = work.transcripts.of_call(ticket.linkedid) if ticket.linkedid else []
        is_reproducible = viewer.is_manager and supervision.is_reproducible(work, check.draw)
        staff = work.staff.names()
        draw_, drawn = work.supervision.draw(check.draw), work.supervision.drawn(check.draw)
        if viewer.is_manager:
            seeing.ticket(work, viewer, Via.PAGE, ticket, call, recordings, now)
    names = {"": "", SYSTEM: say.gettext("The desk")} | staff
    result = check.result
    blank = {f"score-{line.key}": "" for line in policy.supervision.scores} | {"remark": "", "reason": ""}
    if result:
        blank |= {f"score-{key}": str(points) for key, points in result.scores.items()}
        blank["remark"] = result.remark
    return page(
        "supervision/check.html",
        "supervision",
        code=code,
        check=check,
        sheet=[
            (line, line.names.get(say.language) or line.key, f"score-{line.key}")
            for line in policy.supervision.scores
        ],
        form=blank | dict(typed or {}),
        errors=dict(errors or {}),
        problem=say.gettext(problem) if problem else "",
        is_own=check.owner.extension == viewer.extension,
        ticket=ticket,
        kind=name_of(policy.kinds, ticket.kind, say),
        channel=name_of(policy.channels, ticket.channel, say),
        complexity=name_of(policy.complexities, ticket.complexity, say),
        satisfaction=name_of(policy.satisfaction, ticket.satisfaction or "", say),
        fields=[(name_of(policy.fields, key, say), value) for key, value in ticket.fields.items() if value],
        number=viewer.contact_of(ticket, call),
        clocks=[
            (policy.clocks[each.clock].rule if each.clock in policy.clocks else each.clock, each)
            for each in ticket_view.clocks
        ],
        messages=[Message.of(r, call) for r in recordings if r.recording.purpose is Purpose.MESSAGE],
        may_hear=viewer.may_hear(ticket, call),
        story=ticket_story(events, lambda key: names.get(key, key), policy, say, full=True),
        is_reproducible=is_reproducible,
        draw=draw_,
        drawn=len(drawn),
        pool=sum(len(pool.tickets) for pool in draw_.pools.values()) if draw_ else 0,
        points_words=views.points_words,
    )


@router.post("/checks/{check_id}")
def fill_in(page: ManagerPageDep, form: FormDep, check_id: RowId) -> Response:
    """Fill the sheet in, or correct it with a reason."""
    typed = {
        key: text_of(form, key) for key in form if key.startswith("score-") or key in ("remark", "reason")
    }
    given = {key.removeprefix("score-"): text for key, text in typed.items() if key.startswith("score-")}
    seen = text_of(form, "seen")
    try:
        with page.console.work() as work:
            supervision.fill_in(
                work,
                check_id,
                given,
                remark=typed.get("remark", ""),
                actor=page.reader.viewer.person,
                now=page.console.clock(),
                reason=typed.get("reason", ""),
                seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 6 else -1,
            )
            work.commit()
    except BadScores as error:
        errors = {
            f"score-{line}": N_("Write a whole number from 0 to the line's points.") for line in error.faults
        }
        return show_sheet(page, check_id, errors=errors, typed=typed, code=422)
    except AlreadyChecked:
        if seen not in ("", "0") and not typed.get("reason"):
            return show_sheet(page, check_id, errors={"reason": REASON_MISSING}, typed=typed, code=422)
        return show_sheet(page, check_id, problem=CHECKED_MEANWHILE, code=409)
    except OwnMatter:
        return show_sheet(page, check_id, problem=OWN_MATTER, code=403)
    return go(f"/supervision/checks/{check_id}", "checked")


@router.get("/commendation")
def commendation(page: ManagerPageDep, year: Year = None) -> HTMLResponse:
    """The yearly list (服务之星)."""
    console, say, now = page.console, page.say, page.console.clock()
    zone = console.settings.zone
    this_year = now.astimezone(zone).year
    chosen = year or this_year
    with console.report_work() as work:
        report, places = supervision.yearly_list(work, chosen, zone=zone, now=now)
    return page(
        "supervision/commendation.html",
        "supervision",
        year=chosen,
        years=sorted({this_year - 1, this_year, chosen}, reverse=True),
        is_over=date(chosen, 12, 31) < now.astimezone(zone).date(),
        places=[(place, views.score_row(place.score, report, say)) for place in places],
        titles=views.titles(say),
        formulas=views.formulas(report.weights, console.rules.policy, say),
        ranking=views.ranking(console.rules.policy, say),
    )


@router.get("/commendation.csv")
def commendation_csv(page: ManagerPageDep, year: Year = None) -> Response:
    """The yearly list as a table for programs."""
    console, now = page.console, page.console.clock()
    chosen = year or now.astimezone(console.settings.zone).year
    with console.report_work() as work:
        report, places = supervision.yearly_list(work, chosen, zone=console.settings.zone, now=now)
    headers = {"content-disposition": f'attachment; filename="commendation-{chosen}.csv"'}
    content = views.places_csv(report, places).encode()
    return Response(content, media_type=MEDIA_TYPES[Format.CSV], headers=headers)


def _may_see(page: Page, check: SpotCheck) -> None:
    """Managers see every check, the owner theirs once it is checked: until then it is unannounced (H60)."""
    viewer = page.reader.viewer
    if not viewer.is_manager and (check.owner.extension != viewer.extension or check.result is None):
        raise NotForYou
