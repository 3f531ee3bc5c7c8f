"""The calls back of a ticket as its page shows them: the attempts, the next one, and why there can be none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.call_backs import (
    BadNumber,
    CallBack,
    NoNumber,
    NumberBarred,
    Outcome,
    OwnPhone,
    State,
    dialable,
)
from callcenter.domain.policy import Policy
from callcenter.domain.tickets import Status, Ticket
from callcenter.domain.transcripts import StoredTranscript
from callcenter.services.call_backs import list_call_backs
from callcenter.services.rules import rules_of
from web.errors import TABLE
from web.i18n import N_, Speech
from web.labels import Icon, Label
from web.viewer import Viewer
from web.views.tickets import name_of


def _label(text: str, tone: str, icon: Icon) -> Label:
    return Label(text=text, tone=tone, icon=icon.name)


OUTCOMES: Mapping[Outcome, Label] = {
    Outcome.REACHED: _label(N_("Reached"), "good", Icon("phone-check")),
    Outcome.BUSY: _label(N_("Busy"), "warn", Icon("phone-x")),
    Outcome.NO_ANSWER: _label(N_("No answer"), "warn", Icon("phone-off")),
    Outcome.NO_ROUTE: _label(N_("This number cannot be reached"), "bad", Icon("ban")),
    Outcome.OWNER_NO_ANSWER: _label(N_("Your own phone was not picked up"), "warn", Icon("phone-off")),
    Outcome.GIVEN_UP: _label(N_("Given up"), "quiet", Icon("x")),
    Outcome.FAILED: _label(N_("Our fault"), "bad", Icon("alert-triangle")),
}
RINGING_YOU = _label(N_("The desk phone rings"), "info", Icon("phone-incoming"))
DIALLING = _label(N_("The number is being called"), "info", Icon("phone-call"))
TALKING = _label(N_("Talking"), "good", Icon("phone-call"))
REASONS: Mapping[str, str] = {
    "stale": N_("The desk was away; nothing was dialled. Please try again."),
    "lost": N_("How it ended is not known."),
    "no_trunk": N_("No carrier is set up: only our own extensions can be called."),
    "phone_unavailable": N_("The phone is not registered, in use, or it refused."),
    "asterisk_away": N_("The telephone exchange was away; nothing was dialled. Please try again."),
    "asterisk_refused": N_("The telephone exchange refused to place the call."),
    "desk_away": N_("The desk was away while the call was placed. Please try again."),
    "cut": N_("The telephone exchange was started anew in the middle of it."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the list. `recording` is its id, for those who may hear it."""

    id: int
    at: datetime
    who: str
    label: Label
    reason: str
    talk: timedelta | None
    greeting_ms: int | None
    answer: str
    recording: int | None
    text: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackCard:
    """What the card says; `refusal` is the message of why the button is not there."""

    attempts: tuple[Attempt, ...]
    next_at: datetime | None
    under_way: bool
    may_call: bool
    refusal: str
    said: tuple[StoredTranscript, ...]
    """What was understood of the talks, as far as the reader may hear them."""


def call_back_card(
    work: SqlUnitOfWork,
    ticket: Ticket,
    viewer: Viewer,
    now: datetime,
    say: Speech,
    *,
    barred: frozenset[str],
    may_hear: bool,
) -> CallBackCard:
    """The card of `ticket` for `viewer`."""
    listed = list_call_backs(work, ticket.number, now)
    under_way = any(each.under_way(now) for each in listed.items)
    theirs = {person.extension for person in (ticket.owner, ticket.handler) if person}
    names = work.call_reports.names(frozenset(each.extension for each in listed.items))
    heard = [each.linkedid for each in listed.items if may_hear and each.linkedid and each.recording]
    texts = {stored.recording_id: stored for stored in work.transcripts.of_calls(heard)} if heard else {}
    policy = rules_of(work, ticket).policy
    may_call = ticket.status is not Status.DISMISSED and viewer.may_see(theirs)
    return CallBackCard(
        attempts=tuple(
            _attempt(each, listed.recordings, texts, policy, names, now, say, may_hear=may_hear)
            for each in listed.items
        ),
        next_at=listed.next_at if not under_way else None,
        under_way=under_way,
        may_call=may_call and not under_way,
        refusal=_refusal(ticket, viewer, barred) if may_call else "",
        said=tuple(texts.values()),
    )


def _refusal(ticket: Ticket, viewer: Viewer, barred: frozenset[str]) -> str:
    try:
        dialable(ticket.contact_phone, barred=barred, own=viewer.extension)
    except (NoNumber, BadNumber, NumberBarred, OwnPhone) as error:
        return TABLE[type(error)][1]
    return ""


def _attempt(
    each: CallBack,
    recordings: Mapping[str, int],
    texts: Mapping[int, StoredTranscript],
    policy: Policy,
    names: Mapping[str, str],
    now: datetime,
    say: Speech,
    *,
    may_hear: bool,
) -> Attempt:
    recording = recordings.get(each.recording or "") if may_hear else None
    stored = texts.get(recording) if recording is not None else None
    chosen = next((answer.key for answer in policy.satisfaction if str(answer.digit) == each.digit), "")
    return Attempt(
        id=each.id,
        at=each.requested_at,
        who=names.get(each.extension, each.extension),
        label=_state(each, now),
        reason=_reason(each, now),
        talk=timedelta(milliseconds=each.talk_ms) if each.talk_ms is not None else None,
        greeting_ms=each.greeting_ms,
        answer=name_of(policy.satisfaction, chosen, say) if chosen else "",
        recording=recording,
        text=stored.reading if stored else "",
        lang="zh-CN" if stored and stored.language == "zh" else "en",
    )


def _state(each: CallBack, now: datetime) -> Label:
    if each.outcome is not None:
        return OUTCOMES[each.outcome]
    if not each.under_way(now):
        return OUTCOMES[Outcome.FAILED]
    if each.reached_at is not None:
        return TALKING
    return DIALLING if each.answered_at is not None else RINGING_YOU


def _reason(each: CallBack, now: datetime) -> str:
    """A message of the catalogue, or what the network said as it said it."""
    if each.state is not State.ENDED and not each.under_way(now):
        return REASONS["stale" if each.state is State.REQUESTED else "lost"]
    return REASONS.get(each.reason or "", "")
