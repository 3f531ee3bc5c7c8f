"""Which error means which status, and what the reader is told: one table, and the handlers that read it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.deadlines import BadInstant
from callcenter.domain.absences import BadSpan, Clash, NobodyStandsIn
from callcenter.domain.attachments import AttachmentTooLarge, BadAttachment, NoRoom
from callcenter.domain.briefings import BadBriefing
from callcenter.domain.call_backs import BadNumber, NoNumber, NumberBarred, OwnPhone
from callcenter.domain.clocks import NoDueTime
from callcenter.domain.own_days import BadDays
from callcenter.domain.own_prompts import (
    NotListenedTo,
    RecordingRefused,
    StalePrompt,
    TooLongTogether,
    UnknownPrompt,
    UnknownVersion,
)
from callcenter.domain.periods import BadPeriod
from callcenter.domain.policy import UnknownClock, UnknownPolicy
from callcenter.domain.spot_checks import BadScores, NoSheet, NothingToDraw
from callcenter.domain.tickets import AlreadyOwned, NotAllowed
from callcenter.errors import ShouwenError
from callcenter.notify import BadAddress
from callcenter.runtime.prompt_upload import ConversionFailed
from callcenter.services.absences import HasEnded, NoSuchAbsence, SamePost
from callcenter.services.analysis import UnknownOffice
from callcenter.services.attachments import UnknownAttachment
from callcenter.services.call_backs import CallBackUnderWay, NotYourTicket
from callcenter.services.opinions import LinkOver, LinkUsed
from callcenter.services.reminders import NoSuchAddress, NoSuchReminder, TooManyAddresses
from callcenter.services.staff import UnknownStaff
from callcenter.services.steps import BadStep, ExtensionTooLate, NotOffered, OnlyTheHead, UnknownStep
from callcenter.services.supervision import AlreadyChecked, BadDraw, OwnMatter, UnknownCheck
from callcenter.services.tickets import (
    BadCursor,
    BadForm,
    FieldsMissing,
    ReasonNeeded,
    StaleTicket,
    UnknownTicket,
)
from callcenter.services.transcripts import CorrectedMeanwhile
from callcenter.services.typed_handoffs import NoColleague, NotWithACaller, NotYourCall
from web.console import Console
from web.i18n import N_
from web.problems import problem
from web.speaking import speech_of
from web.wechat.errors import BadMessage, BadSignature, NotKept, WrongMode

log = logging.getLogger(__name__)


class NotLoggedIn(ShouwenError):
    """Log in first."""


class BadToken(ShouwenError):
    """Send a valid token: Authorization: Bearer …"""


class NotForYou(ShouwenError):
    """Your role does not allow this."""


class ForgedForm(ShouwenError):
    """The form is stale or did not come from this console. Load the page again."""


class NoSuchCall(ShouwenError):
    """There is no call of this linkedid."""


class NoSuchFile(ShouwenError):
    """There is no file of this number."""


class NoSuchRecording(ShouwenError):
    """There is no such recording."""


TABLE: Mapping[type[ShouwenError], tuple[int, str]] = {
    NotLoggedIn: (401, N_("Please log in")),
    BadToken: (401, N_("A valid token is needed")),
    NotForYou: (403, N_("This is not open to you")),
    ForgedForm: (403, N_("This form is out of date")),
    NotAllowed: (409, N_("The ticket's state does not allow this")),
    AlreadyOwned: (409, N_("A colleague took it first")),
    StaleTicket: (409, N_("A colleague changed it in the meantime")),
    CorrectedMeanwhile: (409, N_("A colleague changed it in the meantime")),
    UnknownTicket: (404, N_("There is no such ticket")),
    NoSuchFile: (404, N_("There is no such file")),
    NoSuchCall: (404, N_("There is no such call")),
    BadForm: (422, N_("The request is not understood")),
    ReasonNeeded: (422, N_("A reason is needed")),
    FieldsMissing: (422, N_("Something is missing before it can be closed")),
    BadStep: (422, N_("The request is not understood")),
    UnknownStep: (404, N_("There is no such step")),
    NotOffered: (409, N_("The policy does not offer this step here")),
    OnlyTheHead: (403, N_("Only the head decides this")),
    ExtensionTooLate: (409, N_("The time has run out already")),
    BadCursor: (422, N_("The request is not understood")),
    DatabaseUnavailable: (503, N_("Not available for the moment")),
    UnknownAttachment: (404, N_("There is no such file")),
    BadAttachment: (422, N_("This file is not taken")),
    AttachmentTooLarge: (413, N_("That is too much at once")),
    NoRoom: (503, N_("Not available for the moment")),
    LinkOver: (404, N_("This link is no longer valid")),
    LinkUsed: (409, N_("Your opinion has arrived already")),
    BadSignature: (403, N_("This is not open to you")),
    BadMessage: (422, N_("The request is not understood")),
    WrongMode: (403, N_("This is not open to you")),
    NotKept: (503, N_("Not available for the moment")),
    UnknownPrompt: (404, N_("There is no such prompt")),
    UnknownVersion: (404, N_("There is no such recording")),
    NotListenedTo: (409, N_("Please listen to it first")),
    StalePrompt: (409, N_("A colleague was faster")),
    TooLongTogether: (409, N_("It is too long beside what is heard with it")),
    RecordingRefused: (422, N_("This recording cannot be used")),
    ConversionFailed: (503, N_("Not available for the moment")),
    NoSuchRecording: (404, N_("There is no such recording")),
    BadPeriod: (422, N_("The request is not understood")),
    UnknownPolicy: (404, N_("There is no such policy")),
    UnknownClock: (404, N_("The policy has no such limit")),
    BadInstant: (422, N_("The request is not understood")),
    NoDueTime: (422, N_("The calendar has no such day")),
    BadDays: (422, N_("These are no days of the calendar")),
    BadSpan: (422, N_("The request is not understood")),
    SamePost: (422, N_("Nobody stands in for themselves")),
    NobodyStandsIn: (422, N_("Somebody has to stand in")),
    Clash: (409, N_("Somebody is away then")),
    HasEnded: (409, N_("It has ended already")),
    NoSuchAbsence: (404, N_("There is no such absence")),
    NoSuchReminder: (404, N_("There is no such reminder")),
    BadAddress: (422, N_("The request is not understood")),
    NoSuchAddress: (404, N_("There is no such address")),
    TooManyAddresses: (409, N_("That is too much at once")),
    UnknownStaff: (422, N_("Nobody has this extension")),
    BadDraw: (422, N_("The request is not understood")),
    BadScores: (422, N_("The request is not understood")),
    NoSheet: (409, N_("The policy has no scoring sheet")),
    NothingToDraw: (409, N_("Nothing is left to draw")),
    AlreadyChecked: (409, N_("The sheet is filled in already")),
    OwnMatter: (403, N_("Nobody checks their own matter")),
    UnknownCheck: (404, N_("There is no such spot check")),
    UnknownOffice: (404, N_("There is no such office")),
    NoNumber: (422, N_("There is no number to call back.")),
    BadNumber: (422, N_("The number to call back cannot be dialled: it needs 3 to 15 digits.")),
    NumberBarred: (
        422,
        N_("This number is never called back: it is one of our lines, or an emergency number."),
    ),
    OwnPhone: (422, N_("The number to call back is your own phone.")),
    BadBriefing: (422, N_("A briefing has 1 to 500 characters")),
    NotYourCall: (403, N_("Whoever has the caller hands them on")),
    NotWithACaller: (409, N_("The caller is not there to be handed on")),
    NoColleague: (422, N_("This colleague cannot take a caller now")),
    CallBackUnderWay: (409, N_("A call back is under way already")),
    NotYourTicket: (403, N_("Whoever owns or handles it, or a manager, calls back")),
}
STATUSES: Mapping[int, str] = {
    400: N_("The request is not understood"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    413: N_("That is too much at once"),
    422: N_("The request is not understood"),
    500: N_("Something went wrong on our side"),
    503: N_("Not available for the moment"),
}


def lookup(error: ShouwenError) -> tuple[int, str]:
    """Status and message of an error, by its class or the nearest one above it."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return 500, STATUSES[500]


def wants_html(request: Request) -> bool:
    """Whether a browser asks for a page (htmx asks for a piece of one)."""
    accept = request.headers.get("accept", "")
    return (
        not request.url.path.startswith("/api/")
        and "text/html" in accept
        and "hx-request" not in request.headers
    )


def answer(
    request: Request,
    status: int,
    title: str,
    *,
    detail: str | None = None,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page for people, problem details for programs."""
    if not wants_html(request):
        instance = request.url.path
        return problem(status, title, detail=detail, instance=instance, errors=errors, headers=headers)
    say = speech_of(request)
    values = {
        "status": status,
        "title": say.gettext(title),
        "again": request.url.path if request.method == "GET" else "/",
    }
    console: Console = request.app.state.console
    response = console.page("problem.html", say, values)
    response.status_code = status
    response.headers.update(headers or {})
    return response


async def on_known(request: Request, error: ShouwenError) -> Response:
    """An error of ours: what the table says."""
    status, title = lookup(error)
    headers: dict[str, str] = {}
    if isinstance(error, NotLoggedIn) and redirects(request):
        return RedirectResponse(login_address(request), status_code=303)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="shouwen"'
    if status == 503:
        headers["retry-after"] = "2"
    if status == 503 and error.__cause__ is not None:  # none: known to be down, and said so when it went
        log.warning("request not served error=%s", " < ".join(_kinds(error)))
    if status == 500:
        log.error("request failed error=%s", type(error).__name__, exc_info=error)
    detail = str(error) if status not in (500, 503) else None
    return answer(request, status, title, detail=detail, headers=headers)


def _kinds(error: BaseException | None) -> Iterator[str]:
    """The classes of an error and of what caused it: their words may hold what a log must not."""
    while error is not None:
        yield type(error).__name__
        error = error.__cause__


def redirects(request: Request) -> bool:
    """Whether somebody without a login is sent to the form rather than refused."""
    plain = (
        "application/json" not in request.headers.get("accept", "") and "hx-request" not in request.headers
    )
    return plain and not request.url.path.startswith("/api/")


def login_address(request: Request) -> str:
    """The login form, which leads back to the page that was asked for."""
    if request.method != "GET" or request.url.path == "/":
        return "/login"
    return str(
        request.url_for("login_form")
        .include_query_params(next=request.url.path)
        .replace(scheme="", netloc="")
    )


async def on_http(request: Request, error: HTTPException) -> Response:
    """What the framework refuses: no such address, wrong method, a body that is no form."""
    title = STATUSES.get(error.status_code, HTTPStatus(error.status_code).phrase)
    return answer(request, error.status_code, title, headers=error.headers)


async def on_invalid(request: Request, error: RequestValidationError) -> Response:
    """Parameters that do not fit; each is named with what is wrong, none is repeated."""
    errors = [
        {"pointer": "/".join(str(part) for part in item["loc"]), "detail": item["msg"]}
        for item in error.errors()
    ]
    return answer(request, 422, STATUSES[422], errors=errors)


async def on_unknown(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has the traceback, the reader an apology."""
    return answer(request, 500, STATUSES[500])


def install(app: FastAPI) -> None:
    """Puts the handlers in place."""
    app.exception_handler(ShouwenError)(on_known)
    app.exception_handler(HTTPException)(on_http)
    app.exception_handler(RequestValidationError)(on_invalid)
    app.exception_handler(Exception)(on_unknown)
