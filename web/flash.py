"""A word on what was just done, carried in the address: nothing to store, none but known sentences."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from web.i18n import N_


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence and its tone."""

    text: str
    tone: str = "good"


SENTENCES = {
    "saved": Flash(N_("Saved.")),
    "opened": Flash(N_("The ticket is open; its time begins to run.")),
    "taken": Flash(N_("It is yours now.")),
    "noted": Flash(N_("The note is added.")),
    "resolved": Flash(N_("Marked as solved.")),
    "dismissed": Flash(N_("Dismissed.")),
    "waiting": Flash(N_("Marked as waiting; its time runs on.")),
    "resumed": Flash(N_("Back to work on it.")),
    "reopened": Flash(N_("It is handled again; its time begins anew.")),
    "closed": Flash(N_("Closed.")),
    "corrected": Flash(N_("The text is corrected; the machine's is kept beside it.")),
    "on-duty": Flash(N_("You are on duty: your phone rings.")),
    "off-duty": Flash(N_("You are off duty: your phone does not ring for the line."), "quiet"),
    "calling": Flash(N_("Your phone rings in a moment: pick it up, then the number of the ticket is called.")),
    "call-under-way": Flash(N_("A call back is under way already."), "warn"),
    "late": Flash(N_("A colleague took it first."), "warn"),
}


def flash_of(request: Request) -> Flash | None:
    """The sentence that the address asks for; None for none or an unknown one."""
    return SENTENCES.get(request.query_params.get("done", ""))
