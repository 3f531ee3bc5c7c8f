"""A centre that lives by a hand-set clock: people act through the JSON API, time through the worker's sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from starlette.testclient import TestClient

from callcenter.db.tickets import TicketRow
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import Person
from callcenter.services import absences, tickets
from callcenter.services.reminders import remind_of_alarms
from tests.support.web_fixtures import HandClock

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, tzinfo=ZONE)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WANG, LI, ZHANG, HEAD = "101", "102", "103", "104"
NAMES = {WANG: "王敏", LI: "李静", ZHANG: "张伟", HEAD: "陈国强"}


def instant(text: str) -> datetime:
    """Local time of the week of Monday 16 November 2026, such as `wed 14:00`; `mon+1` is a week later."""
    day, _, clock = text.partition(" ")
    name, _, weeks = day.partition("+")
    hours, minutes = (int(part) for part in clock.split(":"))
    return MONDAY + timedelta(days=DAYS.index(name) + 7 * int(weeks or 0), hours=hours, minutes=minutes)


class Centre:
    """The people of a centre and what they can do; `at` moves the clock, and the worker does what time brings."""

    def __init__(
        self, client: TestClient, clock: HandClock, work: Callable[[], SqlUnitOfWork], token: str
    ) -> None:
        self._client = client
        self._clock = clock
        self._work = work
        self._headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        self._calls = 0

    def at(self, text: str) -> None:
        """It is now this time. Whatever ran out on the way was found a moment after it did."""
        until = instant(text).astimezone(UTC)
        while (found := self._next()) is not None and found < until:
            self._clock.now = max(self._clock.now, found + timedelta(milliseconds=1))
            with self._work() as uow:
                remind_of_alarms(uow, self._clock.now)
                uow.commit()
        self._clock.now = until
        with self._work() as uow:
            absences.settle(uow, until)
            uow.commit()

    def _next(self) -> datetime | None:
        """When time next brings something to a ticket."""
        with self._work() as uow:
            return uow.session.scalar(select(func.min(TicketRow.act_at)))

    # ---- what comes in ----------------------------------------------------------------------------------------------
    def call_answered(self, by: str, phone: str = "13800138000") -> str:
        """A call that `by` answers first; the number of the ticket that opens with it."""
        self._calls += 1
        number = f"261116-1-{self._calls:03d}"
        with self._work() as uow:
            tickets.open_for_answer(
                uow,
                number=number,
                linkedid=f"c-{self._calls}",
                responder=Person(extension=by, name=NAMES[by]),
                phone=phone,
                name=None,
                at=self._clock.now,
            )
            uow.commit()
        return number

    def message_left(self, phone: str = "13900139000") -> str:
        """A caller whom nobody answered leaves a message; the number of its ticket."""
        self._calls += 1
        number = f"261116-1-{self._calls:03d}"
        with self._work() as uow:
            tickets.open_for_recording(
                uow,
                number=number,
                linkedid=f"c-{self._calls}",
                phone=phone,
                name=None,
                wished_reply="tomorrow",
                at=self._clock.now,
            )
            uow.commit()
        return number

    def account_message(self, text: str, account: str = "oABC") -> str:
        """A message comes to the service account and is confirmed at once; the number of its ticket."""
        with self._work() as uow:
            ticket = tickets.take_message(
                uow,
                channel="service_account",
                text=text,
                fields={"account": account},
                came_at=self._clock.now,
                now=self._clock.now,
                acknowledged="您的留言已登记",
            )
            uow.commit()
        return ticket.number

    # ---- what people do ---------------------------------------------------------------------------------------------
    def registers(self, who: str, channel: str, kind: str = "inquiry", **more: Any) -> str:
        """Somebody writes a matter down that came by another door; the number of its ticket."""
        body = {
            "actor": who,
            "channel": channel,
            "kind": kind,
            "contact": {"name": "赵女士", "phone": "13800138000"},
            "details": "宿舍热水",
            **more,
        }
        return str(self.post("/tickets", body, 201)["number"])

    def writes(
        self, who: str, number: str, kind: str = "inquiry", complexity: str = "normal", **more: Any
    ) -> None:
        """The form of a ticket is filled in."""
        body = {
            "actor": who,
            "kind": kind,
            "complexity": complexity,
            "contact": {"name": "赵女士", "phone": "13800138000"},
            "details": "宿舍热水",
            **more,
        }
        self.post(f"/tickets/{number}/form", body)

    def takes(self, who: str, number: str, status: int = 200) -> dict[str, Any]:
        """Somebody takes a ticket that is nobody's."""
        return self.post(f"/tickets/{number}/take", {"actor": who}, status)

    def step(self, who: str, number: str, name: str, status: int = 200, /, **given: str) -> dict[str, Any]:
        """The next step in the matter."""
        return self.post(f"/tickets/{number}/steps/{name}", {"actor": who, "given": given}, status)

    def resolves(self, who: str, number: str, text: str = "已办好，并已告知") -> None:
        """The person has their answer."""
        self.post(f"/tickets/{number}/resolve", {"actor": who, "text": text})

    def opinion(self, who: str, number: str, answer: str) -> dict[str, Any]:
        """The person served says what they think of it."""
        return self.post(f"/tickets/{number}/satisfaction", {"actor": who, "answer": answer})

    def closes(self, who: str, number: str, status: int = 200) -> dict[str, Any]:
        """The matter is filed."""
        return self.post(f"/tickets/{number}/close", {"actor": who}, status)

    # ---- what can be seen -------------------------------------------------------------------------------------------
    def ticket(self, number: str) -> dict[str, Any]:
        """The ticket as the contract has it."""
        return self.get(f"/tickets/{number}")

    def clocks(self, number: str) -> dict[str, str]:
        """State of each clock's latest run with its local due time, such as `running until Tue 17:30`."""
        return {
            clock["clock"]: f"{clock['state']} until {datetime.fromisoformat(clock['due_at']):%a %H:%M}"
            for clock in self.ticket(number)["clocks"]
        }

    def story(self, number: str) -> list[str]:
        """What happened, by the names of the log."""
        return [event["kind"] for event in self.get(f"/tickets/{number}/record")["events"]]

    def get(self, path: str, status: int = 200) -> dict[str, Any]:
        """What the API says."""
        answer = self._client.get(f"/api/v1{path}", headers=self._headers)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, body: Mapping[str, Any], status: int = 200) -> dict[str, Any]:
        """What the API answers; fails unless with this status."""
        answer = self._client.post(f"/api/v1{path}", json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found
