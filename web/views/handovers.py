"""Handing a caller on with a typed briefing: the form, how it goes, and what the colleague reads meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.briefings import Refusal, State, TypedHandoff
from callcenter.domain.calls import Call, Handoff, Person
from callcenter.domain.fold import holder, talking
from callcenter.domain.tickets import Ticket
from callcenter.services.rosters import roster_of
from web.i18n import N_
from web.labels import HANDOFF_OUTCOMES, Icon, Label
from web.viewer import Viewer

ASKED = Label(text=N_("The desk is asked"), tone="info", icon=Icon("hourglass").name)
RINGING = Label(text=N_("The colleague's phone rings"), tone="info", icon=Icon("bell-ringing").name)
LISTENING = Label(text=N_("The colleague hears the briefing"), tone="info", icon=Icon("volume").name)
DECLINED = Label(text=N_("Not handed on"), tone="warn", icon=Icon("alert-triangle").name)
REFUSALS: Mapping[Refusal, str] = {
    Refusal.NOT_HOLDER: N_("Somebody else has the caller now."),
    Refusal.BUSY: N_("A key of the phone or another transfer came first."),
    Refusal.GONE: N_("The caller had hung up."),
    Refusal.NOBODY: N_("Nobody can be reached there. Please choose another colleague."),
    Refusal.STALE: N_("The desk was away, so the caller is still with you. Please try again."),
    Refusal.AWAY: N_("The telephone exchange was away, so the caller is still with you. Please try again."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A colleague to choose; `stand_in` is who is rung in their place."""

    extension: str
    name: str
    is_talking: bool
    stand_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The card on a call's page. `form`: the reader has the caller and may hand them on now."""

    targets: tuple[Target, ...]
    form: bool
    under_way: bool
    label: Label | None
    reason: str
    to: str
    text: str
    chosen: str = ""
    has_voice: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A caller who is on the way to the reader; `text` is empty when the briefing is spoken."""

    call: Call
    sender: Person
    ticket: Ticket | None
    text: str


def hand_over(
    work: SqlUnitOfWork,
    call: Call,
    viewer: Viewer,
    now: datetime,
    *,
    typed: Sequence[TypedHandoff],
    has_voice: bool,
) -> HandOver | None:
    """The card for `viewer`; None for whoever neither has the caller nor just handed them on."""
    person = holder(call)
    has_caller = call.ended_at is None and person is not None and person.extension == viewer.extension
    last = next((each for each in typed if each.extension == viewer.extension), None)
    if not has_caller and last is None:
        return None
    busy = any(handoff.outcome is None for handoff in call.handoffs)
    waiting = last is not None and last.state is State.REQUESTED and call.ended_at is None
    label, reason = _state(call, last)
    failed = last is not None and (label is DECLINED or label in _FAILED)
    return HandOver(
        targets=_targets(work, viewer, now) if has_caller else (),
        form=has_caller and not busy and not waiting and not call.recordings,
        under_way=waiting or (busy and last is not None),
        label=label,
        reason=reason,
        to=_name(call, last, work) if last else "",
        text=last.text if last is not None and failed else "",
        chosen=last.to if last is not None and failed else "",
        has_voice=has_voice,
    )


_FAILED = tuple(HANDOFF_OUTCOMES[key] for key in ("refused", "no_answer", "timed_out", "cancelled"))


def _state(call: Call, last: TypedHandoff | None) -> tuple[Label | None, str]:
    if last is None:
        return None, ""
    if last.state is State.REQUESTED:
        return (ASKED, "") if call.ended_at is None else (DECLINED, REFUSALS[Refusal.GONE])
    if last.state is State.DECLINED:
        return DECLINED, REFUSALS[last.refusal or Refusal.STALE]
    handoff = _handoff(call, last)
    if handoff is None:
        return RINGING, ""
    if handoff.outcome is not None:
        return HANDOFF_OUTCOMES[handoff.outcome.value], ""
    return (LISTENING if handoff.answered_at else RINGING), ""


def _handoff(call: Call, typed: TypedHandoff) -> Handoff | None:
    """The handoff that a request became; the journal may be a moment behind."""
    number = typed.handoff or 0
    return call.handoffs[number - 1] if 0 < number <= len(call.handoffs) else None


def _name(call: Call, typed: TypedHandoff, work: SqlUnitOfWork) -> str:
    handoff = _handoff(call, typed)
    if handoff is not None:
        return handoff.to.name
    member = work.staff.get(typed.to)
    return member.name if member else typed.to


def _targets(work: SqlUnitOfWork, viewer: Viewer, now: datetime) -> tuple[Target, ...]:
    """Those who can take a caller now, the free ones first; whoever is away is rung at their stand-in's."""
    roster, busy = roster_of(work, now), talking(work.calls.live())
    found = []
    for each in roster.members.values():
        acting = roster.members.get(roster.acting(each.extension))
        if acting is None or not acting.on_duty or viewer.extension in (each.extension, acting.extension):
            continue
        found.append(
            Target(
                extension=each.extension,
                name=each.name,
                is_talking=acting.extension in busy,
                stand_in=acting.name if acting.extension != each.extension else "",
            )
        )
    return tuple(sorted(found, key=lambda each: (each.is_talking, each.extension)))


def typed_texts(typed: Iterable[TypedHandoff]) -> dict[int, str]:
    """What was typed for each handoff of a call, by the handoff's place in the list."""
    return {
        each.handoff - 1: each.text for each in typed if each.handoff and each.state is not State.DECLINED
    }


def incoming(
    live: Iterable[Call], tickets: Iterable[Ticket], typed: Iterable[TypedHandoff], extension: str
) -> list[Incoming]:
    """The callers whom somebody is handing to `extension` at this moment."""
    texts = {(each.linkedid, each.handoff): each.text for each in typed}
    by_number = {ticket.number: ticket for ticket in tickets}
    return [
        Incoming(
            call=call,
            sender=call.handoffs[-1].from_,
            ticket=by_number.get(call.ticket or ""),
            text=texts.get((call.linkedid, len(call.handoffs)), ""),
        )
        for call in live
        if call.ended_at is None
        and call.handoffs
        and call.handoffs[-1].outcome is None
        and call.handoffs[-1].to.extension == extension
    ]
