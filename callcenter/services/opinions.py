"""Satisfaction by link (H32, S31, T20): a link for the person served, good for one answer about one run of a ticket."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.domain.calls import Person
from callcenter.domain.opinions import LINK_LASTS, LinkState, OpinionLink, link_state
from callcenter.domain.policy import Satisfaction
from callcenter.domain.tickets import EventKind, NotAllowed, Ticket, next_status
from callcenter.errors import ShouwenError
from callcenter.services.ports import UnitOfWork
from callcenter.services.rules import rules_of
from callcenter.services.steps import BadStep, give_satisfaction
from callcenter.services.ticket_log import lock_ticket, record

REMARK_LIMIT = 2000


class LinkOver(ShouwenError):
    """The link leads nowhere (any more)."""


class LinkUsed(ShouwenError):
    """An opinion was given by this link already."""


class Opinions(Protocol):
    """Links for opinions; see `callcenter.db.opinions`."""

    def add(self, token_hash: str, link: OpinionLink) -> None: ...
    def get(self, token_hash: str) -> OpinionLink | None: ...
    def used(self, token_hash: str, at: datetime) -> None: ...
    def revoke(self, number: str) -> None: ...


class OpinionUnitOfWork(UnitOfWork, Protocol):
    """A transaction that keeps links for opinions."""

    @property
    def opinions(self) -> Opinions: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a link asks about: of the ticket only what names nobody is shown."""

    ticket: Ticket
    answers: tuple[Satisfaction, ...]


def make_link(uow: OpinionUnitOfWork, number: str, actor: Person, now: datetime) -> str:
    """The secret of a new link to send to the person served; earlier ones of the ticket end. It is asked for once.

    Raises NotAllowed unless the ticket is resolved; UnknownTicket.
    """
    ticket = lock_ticket(uow, number)
    next_status(ticket.status, EventKind.SATISFACTION_ASKED)
    if ticket.resolved_at is None or not _answers(uow, ticket):
        raise NotAllowed("there is nothing to ask about")
    token = secrets.token_urlsafe(24)
    link = OpinionLink(
        ticket=number,
        resolved_at=ticket.resolved_at,
        made_by=actor.extension,
        made_at=now,
        expires_at=now + LINK_LASTS,
    )
    uow.opinions.revoke(number)
    uow.opinions.add(_hash(token), link)
    asked = (EventKind.SATISFACTION_ASKED, {"means": "message", "via": "link"})
    record(uow, ticket, asked, actor=actor.extension, at=now)
    return token


def look_up(uow: OpinionUnitOfWork, token: str, now: datetime) -> Question:
    """What the link asks; raises LinkUsed, LinkOver."""
    link = uow.opinions.get(_hash(token))
    ticket = uow.tickets.get(link.ticket) if link else None
    if link is None or ticket is None:
        raise LinkOver
    return _question(uow, link, ticket, now)


def answer_by_link(uow: OpinionUnitOfWork, token: str, answer: str, remark: str, now: datetime) -> Ticket:
    """Note the answer, once; "not satisfied" opens the ticket again. Raises LinkUsed, LinkOver, BadStep."""
    link = uow.opinions.get(_hash(token))
    if link is None:
        raise LinkOver
    # The ticket's lock makes two answers by one link one after the other.
    ticket = lock_ticket(uow, link.ticket)
    link = uow.opinions.get(_hash(token))
    if link is None:
        raise LinkOver
    asked = _question(uow, link, ticket, now)
    if answer not in {each.key for each in asked.answers}:
        raise BadStep("answer", "please choose one")
    uow.opinions.used(_hash(token), now)
    return give_satisfaction(
        uow, ticket.number, answer, via="link", actor=None, now=now, text=remark[:REMARK_LIMIT]
    )


def _question(uow: OpinionUnitOfWork, link: OpinionLink, ticket: Ticket, now: datetime) -> Question:
    state = link_state(link, ticket, now)
    if state is LinkState.USED:
        raise LinkUsed
    if state is LinkState.OVER:
        raise LinkOver
    return Question(ticket=ticket, answers=_answers(uow, ticket))


def _answers(uow: UnitOfWork, ticket: Ticket) -> tuple[Satisfaction, ...]:
    """What the person served may answer: what they could key on a telephone."""
    return tuple(each for each in rules_of(uow, ticket).policy.satisfaction if each.digit is not None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
