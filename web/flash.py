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
    "restored": Flash(N_("The machine's text is shown again; what people wrote is kept.")),
    "again": Flash(N_("The message is being written again.")),
    "corrected": Flash(N_("The text is corrected; the machine's is kept beside it.")),
    "on-duty": Flash(N_("You are on duty: your phone rings.")),
    "off-duty": Flash(N_("You are off duty: your phone does not ring for the line."), "quiet"),
    "handing-over": Flash(N_("The desk is asked to hand the caller on.")),
    "calling": Flash(
        N_("Your phone rings in a moment: pick it up, then the number of the ticket is called.")
    ),
    "call-under-way": Flash(N_("A call back is under way already."), "warn"),
    "registered": Flash(N_("Registered: it is yours, and its time runs.")),
    "step": Flash(N_("It is on record.")),
    "asked-head": Flash(N_("The head is asked.")),
    "not-satisfied": Flash(N_("Not satisfied: it is handled again by itself, its time begins anew."), "warn"),
    "stands": Flash(N_("The time stands still until the papers come.")),
    "drawn": Flash(N_("Drawn by lot: they are listed below.")),
    "checked": Flash(N_("The sheet is on file.")),
    "days-set": Flash(N_("The calendar is changed; running clocks follow.")),
    "days-removed": Flash(N_("The days are as in the public calendar again; running clocks follow.")),
    "decided": Flash(N_("Decided; it is on record.")),
    "attached": Flash(N_("The files are added.")),
    "prompt-kept": Flash(N_("The recording is kept. Listen to it, then let callers hear it.")),
    "prompt-live": Flash(N_("Callers hear this recording a few seconds from now.")),
    "prompt-product": Flash(N_("Callers hear the product's voice again, a few seconds from now.")),
    "prompt-late": Flash(
        N_("Nothing was changed: a colleague was faster. Look at what callers hear now."), "warn"
    ),
    "prompt-too-long": Flash(
        N_("Nothing was changed: welcome and offer of the other language may last 4 s together."), "warn"
    ),
    "listen-first": Flash(
        N_("Nothing was changed: please listen to this version first, to its end."), "warn"
    ),
    "no-file": Flash(N_("Please choose a file first."), "warn"),
    "file-too-large": Flash(N_("Nothing was added: a file may have 10 MB at most."), "warn"),
    "odd-file": Flash(N_("Nothing was added: only pictures, PDF, sound and MP4 are kept."), "warn"),
    "absent": Flash(N_("Entered: whoever stands in is told.")),
    "back": Flash(N_("What is open is back where it belongs.")),
    "seen": Flash(N_("All reminders are marked as seen.")),
    "passed-on": Flash(N_("Passed on: your colleague is told.")),
    "passed-on-to-cover": Flash(N_("Your colleague is away: whoever stands in has it now."), "warn"),
    "late": Flash(N_("A colleague took it first."), "warn"),
}


def flash_of(request: Request) -> Flash | None:
    """The sentence that the address asks for; None for none or an unknown one."""
    return SENTENCES.get(request.query_params.get("done", ""))
