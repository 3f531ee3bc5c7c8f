"""Calling back: the desk phone first, then one number and no other; both ways to hang up; the key at the end."""

from __future__ import annotations

import asyncio
import csv
import itertools
import random
import socket
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agi.call_backs import CallBacks
from agi.cel import parse
from agi.journal import Journal
from agi.rebuild import CelRow, missing_events
from callcenter.domain.call_backs import PREFIX, CallBack, Outcome, State, Step, fold_call_back
from callcenter.domain.calls import CallEvent
from callcenter.runtime import asterisk_config
from callcenter.services.call_backs import Order
from callcenter.softphone.errors import CallFailed
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.phone import Phone
from tests.pbx.desk import (
    LOOPBACK,
    TestDesk,
    answered_call,
    caller,
    hear_each_other,
    next_ring,
    phones,
    running_desk,
    tone,
)
from tests.pbx.prompts import hear
from tests.polling import until, until_async

pytestmark = pytest.mark.anyio

NUMBER, SHOWN = "13800138000", "075212345678"
_IDS = itertools.count(1)


@pytest.fixture(scope="module")
def carrier_port() -> int:
    """Where the carrier listens: below the ports that the system gives to phones and their audio."""
    for port in random.sample(range(18000, 20000), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise RuntimeError("no port is free")


@pytest.fixture(scope="module")
def placing_desk(tmp_path_factory: pytest.TempPathFactory, carrier_port: int) -> Iterator[TestDesk]:
    """A desk with a carrier; phones ring 5 s."""
    carrier = f"{LOOPBACK}:{carrier_port}"
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(folder, ring_timeout_s=5, trunk_dial=carrier, outgoing_caller_id=SHOWN) as running:
        yield running


@pytest.fixture
def desk(placing_desk: TestDesk) -> TestDesk:
    """The desk of the module, with no call in memory."""
    placing_desk.forget()
    return placing_desk


@asynccontextmanager
async def carrier(desk: TestDesk) -> AsyncIterator[Phone]:
    """The carrier's server: every number outside is one of its calls."""
    host, _, port = str(desk.desk.settings.trunk_dial).partition(":")
    phone = await Phone.open(server=desk.sip, user="carrier", bind=host, port=int(port))
    try:
        yield phone
    finally:
        await phone.close()


class Attempt:
    """One call back, as the database would see it."""

    def __init__(self, desk: TestDesk, number: str, extension: str) -> None:
        self._desk = desk
        now, id_ = datetime.now(UTC), next(_IDS)
        self.asked = CallBack(
            id=id_,
            ticket="261120-1-007",
            extension=extension,
            number=number,
            requested_by=extension,
            requested_at=now,
            state=State.STARTED,
            started_at=now,
            linkedid=f"{PREFIX}{id_}-{now.timestamp():.6f}",
        )

    @property
    def linkedid(self) -> str:
        return str(self.asked.linkedid)

    @property
    def events(self) -> list[CallEvent]:
        return self._desk.journal.of_call(self.linkedid)

    @property
    def now(self) -> CallBack:
        """How it stands by the journal."""
        return fold_call_back(self.asked, self.events)

    async def until(self, done: Callable[[CallBack], bool], timeout_s: float = 10) -> CallBack:
        """The attempt as soon as `done` holds of it."""
        await until_async(lambda: done(self.now), timeout_s, f"this in {self.now}")
        return self.now

    async def ended(self, timeout_s: float = 10) -> CallBack:
        return await self.until(lambda attempt: attempt.state is State.ENDED, timeout_s)


def place(
    desk: TestDesk, number: str = NUMBER, extension: str = "101", language: str | None = None
) -> Attempt:
    """What the dialler does with a request that it has taken."""
    attempt = Attempt(desk, number, extension)
    desk.call_backs.dial(Order(call_back=attempt.asked, digits="123", language=language))
    return attempt


async def talking(
    desk: TestDesk, own: Phone, outside: Phone, language: str | None = None
) -> tuple[Attempt, IncomingCall, IncomingCall]:
    """An attempt in which both speak."""
    attempt = place(desk, language=language)
    mine = await next_ring(own)
    await mine.ring()
    await mine.answer()
    theirs = await next_ring(outside)
    await theirs.ring()
    await theirs.answer()
    await hear_each_other(mine, theirs)
    return attempt, mine, theirs


async def test_own_phone_first_then_the_number_then_the_key(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        assert mine.caller.uri.startswith(f"sip:{NUMBER}@")
        await mine.ring()
        await attempt.until(lambda a: a.rang_at is not None)
        assert not outside.calls, "nothing is dialled before the desk phone answers"
        await mine.answer()
        theirs = await next_ring(outside)
        assert theirs.invite.uri.startswith(f"sip:{NUMBER}@")
        assert theirs.caller.uri.startswith(f"sip:{SHOWN}@")
        await theirs.ring()
        await attempt.until(lambda a: a.ringing_at is not None)
        await theirs.answer()
        await hear_each_other(mine, theirs)
        await mine.hangup()
        await hear(theirs, "rate")
        await theirs.send_digits("1")
        await hear(theirs, "rate-thanks")
        await theirs.wait_ended()
        done = await attempt.until(lambda a: a.digit is not None)
        assert not own["102"].calls
    assert (done.state, done.outcome, done.digit) == (State.ENDED, Outcome.REACHED, "1")
    instants = [done.rang_at, done.answered_at, done.ringing_at, done.reached_at, done.ended_at]
    assert instants == sorted(at for at in instants if at is not None)
    assert done.greeting_ms is not None
    assert done.talk_ms is not None
    assert 0 <= done.greeting_ms <= done.talk_ms
    assert desk.calls() == [], "no call has come in"
    assert desk.desk.calls.unfinished() == []


async def test_the_called_person_is_asked_in_the_language_of_their_call(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside, "en")
        await mine.hangup()
        await hear(theirs, "en", "rate")
        await theirs.send_digits("1")
        await hear(theirs, "en", "rate-thanks")
        await theirs.wait_ended()
        await attempt.until(lambda a: a.digit is not None)
    (end,) = [event.data for event in attempt.events if event.data["step"] == Step.ENDED]
    assert end["language"] == "en", "and so is the talk written down"


async def test_the_talk_is_recorded(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        await mine.play_to_end(tone(440, 1.0))
        await theirs.hangup()
        await mine.wait_ended()
        done = await attempt.ended()
    assert done.recording is not None
    with wave.open(str(desk.desk.settings.recordings / done.recording)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() / 8000 == pytest.approx((done.talk_ms or 0) / 1000, abs=0.4)
    told = next(event for event in attempt.events if event.data.get("path"))
    assert float(told.data["seconds"] or 0) > 0.9


async def test_the_called_person_hangs_up_first(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        await theirs.hangup()
        await mine.wait_ended()
        done = await attempt.ended()
    assert (done.outcome, done.digit) == (Outcome.REACHED, None)


async def test_the_called_person_hangs_up_over_the_question(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        await mine.hangup()
        await hear(theirs, "rate")
        await theirs.hangup()
        done = await attempt.ended()
    assert (done.outcome, done.digit) == (Outcome.REACHED, None)


async def test_a_key_that_is_no_answer_is_asked_again(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        await mine.hangup()
        await hear(theirs, "rate")
        await theirs.send_digits("9")
        await hear(theirs, "wrong-key")
        await theirs.send_digits("3")
        await hear(theirs, "rate-thanks")
        done = await attempt.until(lambda a: a.digit is not None)
    assert done.digit == "3"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, Outcome.BUSY),
        (603, Outcome.BUSY),
        (480, Outcome.NO_ANSWER),
        (404, Outcome.NO_ROUTE),
        (503, Outcome.FAILED),
    ],
)
async def test_what_the_carrier_says(desk: TestDesk, status: int, outcome: Outcome) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        await mine.answer()
        theirs = await next_ring(outside)
        await theirs.reject(status)
        await mine.wait_ended()
        done = await attempt.ended()
    assert (done.outcome, done.reached_at, done.recording) == (outcome, None, None)
    assert done.reason == f"sip {status}"


async def test_it_rings_to_the_end(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agi.call_back.CALLED_RINGS_S", 2)
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        await mine.answer()
        theirs = await next_ring(outside)
        await theirs.ring()
        await mine.wait_ended()
        done = await attempt.ended()
    assert (done.outcome, done.talk_ms) == (Outcome.NO_ANSWER, None)
    assert done.ringing_at is not None


async def test_given_up_while_it_rings(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        await mine.answer()
        theirs = await next_ring(outside)
        await theirs.ring()
        await mine.hangup()
        await theirs.wait_ended()
        assert "cancel_received" in theirs.times
        done = await attempt.ended()
    assert done.outcome is Outcome.GIVEN_UP


async def test_the_own_phone_is_not_answered(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        await mine.ring()
        done = await attempt.ended(timeout_s=12)
        await mine.wait_ended()
        assert not outside.calls
    assert (done.outcome, done.reason, done.answered_at) == (Outcome.OWNER_NO_ANSWER, None, None)


@pytest.mark.parametrize("status", [486, 603])
async def test_the_own_phone_refuses(desk: TestDesk, status: int) -> None:
    async with phones(desk, "101") as own:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        await mine.reject(status)
        done = await attempt.ended()
    assert (done.outcome, done.reason) == (Outcome.OWNER_NO_ANSWER, "phone_unavailable")


async def test_the_own_phone_is_not_there(desk: TestDesk) -> None:
    done = await place(desk, extension="103").ended()
    assert (done.outcome, done.reason) == (Outcome.OWNER_NO_ANSWER, "phone_unavailable")


async def test_a_colleague_is_called_without_the_carrier(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as own, carrier(desk) as outside:
        attempt = place(desk, number="102")
        mine = await next_ring(own["101"])
        await mine.answer()
        theirs = await next_ring(own["102"])
        assert theirs.caller.uri.startswith("sip:101@")
        await theirs.answer()
        await hear_each_other(mine, theirs)
        await theirs.hangup()
        assert (await attempt.ended()).outcome is Outcome.REACHED
        assert not outside.calls
        # an extension of ours, but no call to a line
        assert desk.calls() == []


@pytest.mark.parametrize("number", ["110", "8000", "8001", "101", "102@evil", "1&PJSIP/104", "12", "s"])
async def test_what_must_not_be_dialled_is_not_even_if_a_row_says_so(desk: TestDesk, number: str) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        done = await place(desk, number=number).ended()
        assert not own["101"].calls
        assert not outside.calls
    assert done.outcome is Outcome.NO_ROUTE


async def test_the_phone_in_the_call_cannot_send_it_elsewhere(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        for target in ("102", "8000", "13900139000", "s"):
            assert await mine.refer(target) == 404
        with pytest.raises(CallFailed):
            await theirs.refer("102")
        # no feature is armed for either
        for side in (mine, theirs):
            await side.send_digits("*2102#*3102#*7*1#", tone_ms=60, gap_ms=40)
        await hear_each_other(mine, theirs)
        assert not own["102"].calls
        await theirs.hangup()
        assert (await attempt.ended()).outcome is Outcome.REACHED


TARGETS = [
    "shouwen-call-back",
    "shouwen-call-back-rate",
    "call-back",
    "carrier",
    NUMBER,
    "s",
    "00",
    "+861380",
]


@pytest.mark.parametrize("target", TARGETS)
async def test_no_phone_and_no_trunk_gets_in(desk: TestDesk, target: str) -> None:
    async with phones(desk, "101") as own, caller(desk) as stranger, carrier(desk) as outside:
        for phone in (own["101"], stranger, outside):
            call = await phone.dial(target)
            with pytest.raises(CallFailed):
                await call.wait_answered()
        for phone in (own["101"], stranger):
            call = await phone.dial(f"sip:{target}@{desk.sip[0]}:{desk.sip[1]};context=shouwen-call-back")
            with pytest.raises(CallFailed):
                await call.wait_answered()
        assert not [one for one in outside.calls.values() if isinstance(one, IncomingCall)]


async def test_transfer_keys_of_an_ordinary_call_do_not_lead_out(desk: TestDesk) -> None:
    async with phones(desk, "101") as own, caller(desk) as stranger, carrier(desk) as outside:
        call, mine = await answered_call(stranger, own["101"])
        await mine.send_digits(f"*2{NUMBER}#")
        await hear(mine, "handoff-invalid")
        await call.hangup()
        await mine.wait_ended()
        assert not outside.calls


def test_no_context_leads_to_the_call_back(desk: TestDesk) -> None:
    """Asterisk's own dialplan, as loaded: nothing includes the context, nothing goes there."""
    shown = desk.rx("dialplan show")
    lines = [line for line in shown.splitlines() if "shouwen-call-back" in line]
    heads = [line for line in lines if line.startswith("[ Context")]
    assert len(heads) == 3
    others = [line for line in lines if line not in heads]
    uses = sorted(
        part for line in others for part in ("Include", "Goto", "Gosub", "Redirect") if part in line
    )
    assert uses == [], others
    # the hang-up handler and the way to the question, both from within
    assert (
        len([line for line in others if "hangup_handler_push" in line or "F(shouwen-call-back-rate" in line])
        == 2
    )
    for endpoint in ("101", "trunk", "carrier"):
        told = desk.rx(f"pjsip show endpoint {endpoint}")
        assert "shouwen-call-back" not in told


async def test_the_carrier_is_no_way_in(desk: TestDesk) -> None:
    async with await Phone.open(server=desk.sip, user="carrier", bind="127.0.0.2") as stranger:
        call = await stranger.dial("8000", from_user="carrier")
        with pytest.raises(CallFailed):
            await call.wait_answered()
        with pytest.raises(CallFailed):
            await stranger.register()


def rows_of(desk: TestDesk, linkedid: str) -> list[CelRow]:
    """Asterisk's own record of a call that is over; none before its last line is written."""
    lines = asterisk_config.cel_file(desk.desk.settings).read_text("utf-8").splitlines()
    rows = [row for fields in csv.reader(lines) if (row := parse(fields)) and row.linkedid == linkedid]
    return rows if rows and rows[-1].event == "LINKEDID_END" else []


async def test_asterisks_own_record_tells_the_same_and_is_no_call(desk: TestDesk, tmp_path: Path) -> None:
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt, mine, theirs = await talking(desk, own["101"], outside)
        await theirs.hangup()
        await mine.wait_ended()
        seen = await attempt.ended()
    rows = await until_async(lambda: rows_of(desk, attempt.linkedid), 10, "Asterisk's record")
    settings = desk.desk.settings
    found = missing_events(
        rows,
        [],
        person=desk.desk.routing.person,
        ticket=desk.desk.numbering.next,
        language=settings.language_of,
        ring_timeout=timedelta(seconds=settings.ring_timeout_s),
    )
    assert found == [], "it is not rebuilt as a call that came"
    # a desk that saw no more than the start
    journal = Journal(tmp_path / "journal.db")
    journal.append(attempt.events[0])
    CallBacks(desk.desk, journal).settle(attempt.linkedid, rows)
    CallBacks(desk.desk, journal).settle(attempt.linkedid, rows)
    until(lambda: len(journal.of_call(attempt.linkedid)) == 4)
    told = fold_call_back(attempt.asked, journal.of_call(attempt.linkedid))
    journal.close()
    assert (told.outcome, told.recording) == (seen.outcome, seen.recording)
    for name in ("answered_at", "reached_at", "ended_at"):
        assert abs(getattr(told, name) - getattr(seen, name)) < timedelta(milliseconds=50), name


async def test_a_desk_that_starts_anew_knows_the_number(desk: TestDesk) -> None:
    """What is in memory is lost between the ring and the answer; the journal has it."""
    async with phones(desk, "101") as own, carrier(desk) as outside:
        attempt = place(desk)
        mine = await next_ring(own["101"])
        until(lambda: len(attempt.events) >= 1)
        desk.call_backs._placed.clear()
        await mine.answer()
        theirs = await next_ring(outside)
        assert theirs.invite.uri.startswith(f"sip:{NUMBER}@")
        await theirs.answer()
        await hear_each_other(mine, theirs)
        await asyncio.gather(theirs.hangup(), mine.wait_ended())
        assert (await attempt.ended()).outcome is Outcome.REACHED
