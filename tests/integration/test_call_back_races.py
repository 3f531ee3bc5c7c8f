"""Two who call back at the same moment, or solve a ticket while its call ends: one after the other, nobody fails."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.domain.calls import CallEvent
from callcenter.domain.tickets import Status
from callcenter.services import tickets
from callcenter.services.call_backs import CallBackUnderWay, request_call_back
from callcenter.services.calls import apply_events
from callcenter.services.ticket_log import lock_ticket
from tests.conftest import UowFactory
from tests.support.call_backs import BARRED, ask, open_ticket, take, talk
from tests.support.desk import NOW, WANG

A_MOMENT_S = 1.0
"""Longer than what waits for nobody takes."""


def test_one_phone_is_not_rung_for_two_tickets_at_once(uow_factory: UowFactory, tmp_path: Path) -> None:
    first, second = (open_ticket(uow_factory, tmp_path, at=NOW + timedelta(days=n)) for n in range(2))
    refused: list[bool] = []

    def click() -> None:
        try:
            ask(uow_factory, second)
            refused.append(False)
        except CallBackUnderWay:
            refused.append(True)

    other = threading.Thread(target=click)
    with uow_factory() as work:
        request_call_back(work, first, WANG, NOW, barred=BARRED)
        other.start()
        other.join(A_MOMENT_S)
        work.commit()
    other.join()
    assert refused == [True]


@pytest.mark.rule("H32", "H41")
def test_a_ticket_is_solved_while_the_end_of_its_call_arrives(
    uow_factory: UowFactory, tmp_path: Path
) -> None:
    number = open_ticket(uow_factory, tmp_path)
    ask(uow_factory, number)
    events = talk(take(uow_factory), "1")
    late = [each for each in events if each.data.get("step") == "ended"]
    early = [each for each in events if each not in late]
    assert late
    written: list[tuple[int, CallEvent]] = []
    faults: list[Exception] = []

    def drain(news: list[CallEvent]) -> None:
        written.extend(enumerate(news, len(written) + 1))
        try:
            with uow_factory() as work:
                apply_events(work, node=9, events=list(written))
                work.commit()
        except Exception as error:
            faults.append(error)

    drain(early)
    journal = threading.Thread(target=drain, args=(late,))
    with uow_factory() as work:
        lock_ticket(work, number)
        journal.start()
        journal.join(A_MOMENT_S)
        solved = tickets.resolve(work, number, "已告知。", WANG, NOW + timedelta(minutes=5))
        work.commit()
    journal.join()
    assert faults == []
    assert (solved.status, solved.satisfaction) == (Status.RESOLVED, "satisfied")
    with uow_factory() as work:
        (done,) = work.call_backs.of_ticket(number)
    assert (done.satisfaction, done.ended_at is not None) == ("satisfied", True)
