"""What the screens call the steps of a matter, their fields and their choices: one table, in a clerk's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.domain.policy import Clock
from callcenter.domain.tickets import EventKind
from web.i18n import N_, Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The name of a step, or the label of a field, and a line that helps with it."""

    title: str
    help: str = ""


def _words(title: str, help: str = "") -> Words:
    return Words(title=title, help=help)


STEP_WORDS: Mapping[str, Words] = {
    EventKind.REPLIED: _words(N_("Reply with the greeting"), N_("The person reads a first answer.")),
    EventKind.GROUP_MADE: _words(
        N_("Bring the person and the handler together in one group"),
        N_("The handler is in the group and knows the background."),
    ),
    EventKind.ACKNOWLEDGED: _words(
        N_("Acknowledge the message"), N_("The person knows that the message has come.")
    ),
    EventKind.ASSIGNED: _words(
        N_("Colleagues assigned, and the person told"), N_("Write who works on it, and what was told.")
    ),
    EventKind.POSTPONED: _words(
        N_("It cannot be answered now"),
        N_("The person is told why, until when, and how to ask about it. A limit starts to run."),
    ),
    EventKind.PROGRESS_TOLD: _words(N_("Progress told"), N_("The person knows how far it is.")),
    EventKind.OFFICE_NAMED: _words(
        N_("Another office is responsible: name it"), N_("Help the person to find it; say how to reach it.")
    ),
    EventKind.NOTICE_GIVEN: _words(
        N_("One-time notice: everything that is needed"),
        N_("Papers, procedure and limit are told once and in full; the list goes to the record."),
    ),
    EventKind.PAPERS_MISSING: _words(
        N_("Papers are missing"), N_("Name all of them at once. The time stands still until they come.")
    ),
    EventKind.PAPERS_RECEIVED: _words(N_("Papers have come"), N_("The time goes on.")),
    EventKind.RECEIPT_GIVEN: _words(
        N_("Receipt for papers"), N_("What was taken, and when it will be done.")
    ),
    EventKind.EXTENSION_REQUESTED: _words(
        N_("Ask for more time"), N_("Before the time runs out; the head approves it or refuses.")
    ),
    EventKind.EXTENSION_GRANTED: _words(N_("Approve the extension")),
    EventKind.EXTENSION_REFUSED: _words(N_("Refuse the extension")),
    EventKind.EXTENSION_TOLD: _words(
        N_("Extension told to the person"), N_("They know the new date and the reason.")
    ),
    EventKind.COMPLAINT_TAKEN_TOLD: _words(
        N_("Tell the complainant that the complaint is taken"), N_("At once, by phone, message or in person.")
    ),
    EventKind.COMPLAINT_REFERRED: _words(
        N_("Not solvable here: pass the complaint to the responsible office"),
        N_("The head is informed by itself. The file and word to the complainant come next."),
    ),
    EventKind.FILE_SENT: _words(N_("Full file sent to the responsible office")),
    EventKind.COMPLAINANT_TOLD: _words(N_("Procedure and expected duration told to the complainant")),
    EventKind.RESPONSIBILITY_TRACED: _words(
        N_("Whose responsibility it was"), N_("The person and the cause, for the analysis of complaints.")
    ),
    EventKind.SUGGESTION_REPORTED: _words(
        N_("Report the suggestion to the head"), N_("The head decides whether it is adopted.")
    ),
    EventKind.SUGGESTION_DECIDED: _words(N_("Decide on the suggestion")),
    EventKind.SUGGESTION_ANSWERED: _words(
        N_("Tell the person what was decided"), N_("Whether it was adopted, and what comes next.")
    ),
    EventKind.ASSIGNMENT_GIVEN: _words(
        N_("Assign to an office"), N_("Each office has its own limit; one of them leads.")
    ),
    EventKind.ASSIGNMENT_TAKEN: _words(N_("An office has taken its assignment")),
    EventKind.ASSIGNMENT_DONE: _words(N_("An office is done"), N_("Its result goes to the record.")),
    EventKind.MEETING_NOTED: _words(N_("Notes of a meeting")),
    EventKind.DISAGREEMENT_RAISED: _words(
        N_("The offices disagree: ask the head"), N_("The head decides; the decision is on record.")
    ),
    EventKind.DISAGREEMENT_DECIDED: _words(N_("Decide between the offices")),
    EventKind.SATISFACTION_ASKED: _words(N_("Satisfaction asked, no answer yet")),
    EventKind.SATISFACTION_GIVEN: _words(
        N_("How satisfied the person is"), N_("Not satisfied: it is handled again by itself.")
    ),
    EventKind.RESOLVED: _words(N_("It is solved")),
}
"""Every step by its name. What the policy requires of whom is not said here: its rule is cited beside."""

_FIELD_WORDS: Mapping[str, Words] = {
    "text": _words(N_("What was told or done")),
    "office": _words(N_("Office")),
    "means": _words(N_("How")),
    "role": _words(N_("Part of the office")),
    "reason": _words(N_("Reason")),
    "ask_how": _words(N_("How they can ask about it"), N_("Such as: by this number, ticket number at hand.")),
    "checklist": _words(N_("Checklist")),
    "papers": _words(N_("Papers"), N_("One in each line.")),
    "pages": _words(N_("Pages")),
    "completion_day": _words(N_("Done by")),
    "clock": _words(N_("Which limit")),
    "working_days": _words(N_("Working days more")),
    "procedure": _words(N_("Procedure")),
    "duration": _words(N_("Expected duration"), N_("Such as: ten working days.")),
    "person": _words(N_("Person")),
    "cause": _words(N_("Cause")),
    "adopted": _words(N_("Adopted")),
    "question": _words(N_("Question for the office")),
    "by": _words(N_("Who took it there")),
    "answer": _words(N_("Answer")),
}
_OWN_WORDS: Mapping[tuple[str, str], Words] = {
    (EventKind.REPLIED, "text"): _words(N_("What was replied")),
    (EventKind.GROUP_MADE, "text"): _words(N_("Who is in the group, and the background")),
    (EventKind.ACKNOWLEDGED, "text"): _words(N_("What was written")),
    (EventKind.ASSIGNED, "text"): _words(N_("Who works on it, and what was told")),
    (EventKind.OFFICE_NAMED, "text"): _words(N_("What was said about it")),
    (EventKind.PAPERS_MISSING, "papers"): _words(N_("Everything that is missing"), N_("One in each line.")),
    (EventKind.PAPERS_RECEIVED, "papers"): _words(N_("What has come"), N_("One in each line.")),
    (EventKind.EXTENSION_GRANTED, "text"): _words(N_("A word on it")),
    (EventKind.EXTENSION_REFUSED, "text"): _words(N_("Why not")),
    (EventKind.COMPLAINT_REFERRED, "reason"): _words(N_("Why it cannot be solved here")),
    (EventKind.FILE_SENT, "text"): _words(N_("What the file holds")),
    (EventKind.SUGGESTION_REPORTED, "text"): _words(N_("The suggestion in short, and what you think of it")),
    (EventKind.SUGGESTION_DECIDED, "text"): _words(N_("Reason and what comes next")),
    (EventKind.ASSIGNMENT_DONE, "text"): _words(N_("Result")),
    (EventKind.MEETING_NOTED, "text"): _words(N_("Who met, and what was agreed")),
    (EventKind.DISAGREEMENT_RAISED, "text"): _words(N_("Who says what")),
    (EventKind.DISAGREEMENT_DECIDED, "text"): _words(N_("The decision")),
    (EventKind.SATISFACTION_GIVEN, "text"): _words(N_("What they said")),
    (EventKind.RESOLVED, "result"): _words(N_("What the caller was told")),
}
CHOICE_WORDS: Mapping[str, str] = {
    "orally": N_("Orally"),
    "in_writing": N_("In writing"),
    "phone": N_("By phone"),
    "message": N_("By message"),
    "lead": N_("Leading"),
    "supporting": N_("Supporting"),
    "yes": N_("Yes"),
    "no": N_("No"),
}


def field_words(step: str, key: str) -> Words:
    """The label of a field of a step."""
    return _OWN_WORDS.get((step, key)) or _FIELD_WORDS.get(key) or _words(key)


def step_words(name: str) -> Words:
    """The name of a step, and what it is about."""
    return STEP_WORDS.get(name) or _words(name)


OWN_FIELDS: Mapping[str, str] = {
    "contact_name": N_("Name of the caller"),
    "contact_phone": N_("Number to call back"),
    "details": N_("What is it about"),
    "wished_reply": N_("Wished reply"),
    "result": N_("Result: what the caller was told"),
    "satisfaction": N_("Satisfaction"),
    "kind": N_("Kind"),
    "complexity": N_("Complexity"),
}
"""Fields that every ticket has; those of a policy bring their names along."""

_ASKS: Mapping[str, str] = {
    "resolved": N_("the person has the answer"),
    "replied": N_("a reply with the greeting"),
    "group_made": N_("one group with the handler"),
    "acknowledged": N_("the message acknowledged"),
    "assigned": N_("colleagues assigned and the person told"),
    "progress_told": N_("progress told"),
    "postponed": N_("reason and limit told"),
    "satisfaction_given": N_("asked whether satisfied"),
    "complaint_taken_told": N_("told that the complaint is taken"),
    "file_sent": N_("the file sent"),
    "head_informed": N_("the head informed"),
    "complainant_told": N_("the complainant told"),
    "assignment_done": N_("result of the office"),
    "suggestion_decided": N_("decision on the suggestion"),
    "suggestion_answered": N_("the decision told"),
    "greeted": N_("the greeting spoken"),
    "handoff_completed": N_("the colleague connected"),
}


def clock_asks(clock: Clock, say: Speech) -> str:
    """What stops a clock, in words."""
    asked = [
        say.gettext(_ASKS[stop] if stop in _ASKS else step_words(stop).title).strip() for stop in clock.stops
    ]
    text = say.gettext(", ").join(asked)
    return text[:1].upper() + text[1:]


def clock_name(clock: Clock | None, key: str, say: Speech, subject: str = "") -> str:
    """A clock as people call it: its rule and what it asks for; `subject` is the office whose run it is."""
    if clock is None:
        return key
    name = f"{clock.rule} · {clock_asks(clock, say)}"
    return f"{name} ({subject})" if subject else name
