"""A ticket whose person is called back: asked for, taken by a desk, talked, and what its log says."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from callcenter.domain.call_backs import CallBack, Step
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.services import tickets
from callcenter.services.call_backs import request_call_back, take_requests
from tests.conftest import UowFactory
from tests.support.desk import NOW, WANG, Seeder, add_people, form

MANAGER = Person(extension="104", name="陈国强")
BARRED = frozenset({"110"})
_POSITIONS = itertools.count(1)


def open_ticket(
    open_work: UowFactory, folder: Path, *, phone: str | None = "138 0013 8000", at: datetime = NOW
) -> str:
    """An open ticket of 101 with its contact's number."""
    with open_work() as work:
        if not work.staff.exists():
            add_people(work, at - timedelta(days=1))
        seeder = Seeder(work, folder)
        seeder._position = 10 * next(_POSITIONS)  # another seeder's events are there already
        number = seeder.answered(f"1763600001.{next(_POSITIONS)}", at - timedelta(hours=1), WANG)
        filled = replace(form("孩子的成绩单什么时候可以取。"), contact_phone=phone)
        tickets.save_form(work, number=number, form=filled, actor=WANG, now=at - timedelta(minutes=50))
        work.commit()
    return number


def ask(open_work: UowFactory, number: str, who: Person = WANG, at: datetime = NOW) -> CallBack:
    with open_work() as work:
        asked = request_call_back(work, number, who, at, barred=BARRED)
        work.commit()
    return asked


def take(open_work: UowFactory, at: datetime = NOW) -> CallBack:
    with open_work() as work:
        (order,) = take_requests(work, node=1, now=at)
        work.commit()
    return order.call_back


def event(of: CallBack, step: Step, after_s: float, **data: str | int | float | bool | None) -> CallEvent:
    return CallEvent(
        linkedid=str(of.linkedid),
        at=NOW + timedelta(seconds=after_s),
        kind=Kind.CALL_BACK,
        data={"call_back": of.id, "step": step.value, **data},
    )


def talk(of: CallBack, digit: str | None = "1") -> list[CallEvent]:
    """A talk of a minute."""
    events = [
        event(of, Step.STARTED, 0),
        event(of, Step.ANSWERED, 3),
        event(of, Step.REACHED, 10),
        event(of, Step.TALKED, 12),
        event(of, Step.ENDED, 70, path=f"talk-{of.id}.wav", seconds=60.0, language="zh"),
    ]
    return [*events, event(of, Step.RATED, 75, digit=digit)] if digit else events


def log_of(open_work: UowFactory, number: str) -> Sequence[str]:
    with open_work() as work:
        return [entry.kind for entry in work.tickets.events(number)]
