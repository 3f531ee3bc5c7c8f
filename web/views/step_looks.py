"""The pictures of steps, and what is written on their buttons."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.domain.tickets import EventKind
from web.i18n import N_
from web.labels import Icon

ARROW, PENCIL = Icon("arrow-right"), Icon("pencil")
RECORD = N_("Put on record")
BUTTONS: Mapping[str, str] = {
    EventKind.EXTENSION_REQUESTED: N_("Ask the head"),
    EventKind.EXTENSION_GRANTED: N_("Approve"),
    EventKind.EXTENSION_REFUSED: N_("Refuse"),
    EventKind.DISAGREEMENT_RAISED: N_("Ask the head"),
    EventKind.SUGGESTION_REPORTED: N_("Report it"),
    EventKind.PAPERS_MISSING: N_("Put on record; the time stands still"),
    EventKind.PAPERS_RECEIVED: N_("Put on record; the time goes on"),
}
ICONS: Mapping[str, Icon] = {
    EventKind.REPLIED: Icon("message"),
    EventKind.GROUP_MADE: Icon("users"),
    EventKind.ACKNOWLEDGED: Icon("message-check"),
    EventKind.ASSIGNED: Icon("user-check"),
    EventKind.POSTPONED: Icon("calendar-due"),
    EventKind.PROGRESS_TOLD: Icon("message"),
    EventKind.OFFICE_NAMED: Icon("building"),
    EventKind.NOTICE_GIVEN: Icon("checklist"),
    EventKind.PAPERS_MISSING: Icon("hourglass"),
    EventKind.PAPERS_RECEIVED: Icon("file-check"),
    EventKind.RECEIPT_GIVEN: Icon("receipt"),
    EventKind.EXTENSION_REQUESTED: Icon("calendar-plus"),
    EventKind.EXTENSION_GRANTED: Icon("check"),
    EventKind.EXTENSION_REFUSED: Icon("ban"),
    EventKind.EXTENSION_TOLD: Icon("message"),
    EventKind.COMPLAINT_TAKEN_TOLD: Icon("message"),
    EventKind.COMPLAINT_REFERRED: Icon("arrows-exchange"),
    EventKind.FILE_SENT: Icon("send"),
    EventKind.COMPLAINANT_TOLD: Icon("message"),
    EventKind.RESPONSIBILITY_TRACED: Icon("user-search"),
    EventKind.SUGGESTION_REPORTED: Icon("bulb"),
    EventKind.SUGGESTION_DECIDED: Icon("gavel"),
    EventKind.SUGGESTION_ANSWERED: Icon("message"),
    EventKind.ASSIGNMENT_GIVEN: Icon("building"),
    EventKind.ASSIGNMENT_TAKEN: Icon("user-check"),
    EventKind.ASSIGNMENT_DONE: Icon("circle-check"),
    EventKind.MEETING_NOTED: Icon("users"),
    EventKind.DISAGREEMENT_RAISED: Icon("scale"),
    EventKind.DISAGREEMENT_DECIDED: Icon("gavel"),
    EventKind.SATISFACTION_ASKED: Icon("help"),
    EventKind.SATISFACTION_GIVEN: Icon("star"),
}


def icon_of(event: str, otherwise: Icon = PENCIL) -> str:
    """The picture of a step."""
    return ICONS.get(event, otherwise).name
