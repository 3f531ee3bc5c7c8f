"""Proposals for the form of a ticket as a page shows them: beside the field, with the words that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcenter.domain.policy import Policy
from callcenter.domain.proposals import Proposal, Source
from callcenter.domain.tickets import Ticket
from callcenter.domain.transcripts import StoredTranscript, TranscriptState
from callcenter.services.proposals import Asked, RuleProposer, asked_of, is_open, together
from web.console import Console
from web.i18n import Speech
from web.labels import WISHED_REPLIES
from web.views.tickets import name_of

PREFIX = "field-"
"""How the name of a field of the policy's own begins; as in `web.pages.ticket_form`."""
OF_EVERY_FORM = ("contact_name", "kind", "wished_reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One proposal at its field. `id`: the field's on the form; `text`: the value in the reader's words."""

    id: str
    value: str
    text: str
    words: str
    lang: str
    start_s: float | None
    recording_id: int
    doubtful: bool
    by_model: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What is proposed for a ticket. `of`: by the field's id; `to_come`: whether more may follow by itself."""

    of: Mapping[str, Shown]
    heard: Mapping[str, Shown]
    """What was said of fields that hold the same by now: the words are kept beside them."""
    to_come: bool
    slots: tuple[str, ...]


def made(
    console: Console, stored: StoredTranscript | None, ticket: Ticket, policy: Policy
) -> tuple[tuple[Proposal, ...], bool]:
    """All that is said for the form, and whether more is to come: the transcript, or the model's answer."""
    asked = asked_of(stored, ticket, policy, console.settings.zone)
    if asked is None:
        return (), stored is not None and stored.state is TranscriptState.PENDING
    rules = RuleProposer().propose(asked)
    answer = _model(console, asked, ticket, rules)
    return together(rules, answer or ()), answer is None


def _model(
    console: Console, asked: Asked, ticket: Ticket, rules: Sequence[Proposal]
) -> tuple[Proposal, ...] | None:
    """What the model says; it is asked only where the rules leave open what is still open."""
    known = {each.field for each in rules}
    is_needed = any(field not in known and is_open(ticket, field) for field in OF_EVERY_FORM)
    return console.asking.answer(asked) if console.asking is not None and is_needed else ()


def shown(
    console: Console,
    stored: StoredTranscript | None,
    ticket: Ticket,
    policy: Policy,
    form: Mapping[str, str],
    say: Speech,
) -> Proposals:
    """The proposals for the fields of `form` in which nothing is entered yet."""
    everything, to_come = made(console, stored, ticket, policy)
    if stored is None:
        return Proposals(of={}, heard={}, to_come=False, slots=())
    every = {_id(each.field): _shown(each, stored, policy, say) for each in everything}
    own = tuple(PREFIX + each.key for each in policy.form_fields(ticket.channel, ticket.kind) if each.heard)
    return Proposals(
        of={key: one for key, one in every.items() if is_free(one, form, ticket)},
        heard={key: one for key, one in every.items() if form.get(key, "") == one.value and key != "kind"},
        to_come=to_come,
        slots=(*OF_EVERY_FORM, *own),
    )


def is_free(one: Shown, form: Mapping[str, str], ticket: Ticket) -> bool:
    """Whether the field holds nothing of a person's: a kind is theirs once chosen otherwise than stored, or saved."""
    if one.id == "kind":
        return is_open(ticket, "kind") and form.get("kind", ticket.kind) == ticket.kind != one.value
    return not form.get(one.id, "")


def taken_over(proposals: Proposals, wanted: str) -> dict[str, str]:
    """The values to put into the form: of one field, or of `all`; never over what a person entered."""
    return {key: one.value for key, one in proposals.of.items() if wanted in (key, "all")}


def _id(field: str) -> str:
    return field if field in OF_EVERY_FORM else PREFIX + field


def _shown(proposal: Proposal, stored: StoredTranscript, policy: Policy, say: Speech) -> Shown:
    text = proposal.value
    if proposal.field == "kind":
        text = name_of(policy.kinds, proposal.value, say)
    elif proposal.field == "wished_reply":
        text = say.gettext(WISHED_REPLIES[proposal.value])
    return Shown(
        id=_id(proposal.field),
        value=proposal.value,
        text=text,
        words=proposal.words,
        lang="zh-CN" if stored.language == "zh" else "en",
        start_s=proposal.start_s,
        recording_id=stored.recording_id,
        doubtful=proposal.doubtful,
        by_model=proposal.source is Source.MODEL,
    )
