"""From the console's row to the desk and back, and the texts that a voice says meanwhile."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agi.ami import Manager
from agi.desk import Desk
from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.numbering import Numbering
from agi.routing import Routing
from agi.typed import TypedHandoffs
from agi.typed_taker import HandoffTaker
from callcenter.domain.briefings import FRESH, Refusal, State, TypedHandoff
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.tickets import TicketForm
from callcenter.runtime import calls_first, spoken
from callcenter.services import tickets
from callcenter.services.calls import apply_events
from callcenter.services.typed_handoffs import request_handoff, take_handoffs
from callcenter.settings import Settings
from synthesis import aside
from synthesis.aside import VoiceAside
from synthesis.errors import NothingToSay, SynthesisError, VoiceFailed, VoiceMissing
from synthesis.texts import Texts
from tests.conftest import UowFactory
from tests.integration.test_call_back_desk import FakeAsterisk
from tests.polling import until
from tests.support.desk import seed_people

WANG, LI = Person(extension="101", name="王敏"), Person(extension="102", name="李静")
LINKEDID, CHANNEL = "1763800000.7", "PJSIP/trunk-00000001"
TEXT = "热水三天没有了，已经报过一次修。请今天派人上门！"


class RealDesk:
    """A desk with a call of 101, its taker; Asterisk is a socket that the test holds."""

    def __init__(self, settings: Settings, open_work: UowFactory, asterisk: FakeAsterisk) -> None:
        self.open_work = open_work
        self.asterisk = asterisk
        self.journal = Journal(settings.home / "journal.db")
        self.calls, routing = LiveCalls(self.journal), Routing(self.journal)
        routing.update([WANG, LI, Person(extension="103", name="张伟")], {"103": "102"})
        self.manager = Manager(
            "127.0.0.1", asterisk.port, "shouwen", lambda: "x", lambda event: self.typed.watch(event)
        )
        desk = Desk(
            settings=settings,
            calls=self.calls,
            routing=routing,
            numbering=Numbering(self.journal, settings.node, settings.zone),
            manager=self.manager,
            clock=now,
        )
        self.typed = TypedHandoffs(desk)
        self.taker = HandoffTaker(self.typed, open_work)
        self.manager.start()
        until(lambda: self.manager.connected)
        self.calls.arrive(LINKEDID)
        self.note(Kind.ARRIVED, line="8000", caller="13800138000", caller_name="王小明", channel=CHANNEL)
        self.note(
            Kind.ANSWERED,
            extension="101",
            name="王敏",
            channel="PJSIP/101-1",
            uniqueid="1.2",
            ticket="261123-1-001",
        )
        self.taker.start()

    def note(self, kind: Kind, **data: str | int) -> None:
        """Something happens in the call, and the database hears of it."""
        self.calls.write(CallEvent(linkedid=LINKEDID, at=now(), kind=kind, data=data))
        self.drain()

    def drain(self) -> None:
        """What the drainer does."""
        with self.open_work() as uow:
            apply_events(uow, node=1, events=self.journal.read(0, 1000))
            uow.commit()

    def ask(self, to: str = "102", text: str = TEXT) -> int:
        """What the console does; the request's id."""
        with self.open_work() as uow:
            asked = request_handoff(uow, LINKEDID, to=to, text=text, actor=WANG, now=now(), language="zh")
            uow.commit()
        return asked.id

    def row(self, request_id: int) -> TypedHandoff:
        with self.open_work() as uow:
            found = uow.typed_handoffs.get(request_id)
        assert found is not None
        return found

    def close(self) -> None:
        self.taker.stop()
        self.manager.stop()
        self.journal.close()


@pytest.fixture
def real_desk(settings: Settings, uow_factory: UowFactory) -> Iterator[RealDesk]:
    seed_people(uow_factory)
    asterisk = FakeAsterisk()
    desk = RealDesk(settings, uow_factory, asterisk)
    yield desk
    desk.close()
    asterisk.close()


@pytest.mark.rule("H11")
def test_a_click_sends_the_caller_on_at_once_and_is_kept(real_desk: RealDesk) -> None:
    began = time.monotonic()
    request_id = real_desk.ask("103")
    told, sent = real_desk.asterisk.action(), real_desk.asterisk.action()
    assert time.monotonic() - began < 2, "a notification, not a poll"
    assert (told["Action"], told["Channel"], told["Variable"]) == ("Setvar", "PJSIP/101-1", "SHOUWEN_HANDED")
    assert (sent["Action"], sent["Channel"]) == ("Redirect", CHANNEL)
    assert (sent["Context"], sent["Exten"]) == ("shouwen-next", "requested")
    until(lambda: real_desk.row(request_id).state is State.HANDED)
    assert real_desk.row(request_id).handoff == 1
    real_desk.drain()
    with real_desk.open_work() as uow:
        call = uow.calls.get(LINKEDID)
        log = uow.tickets.events("261123-1-001")
    assert call is not None
    (handoff,) = call.handoffs
    assert (handoff.mode, handoff.to.extension) == ("recorded", "102"), "102 stands in for 103"
    briefed = [event for event in log if event.kind == "briefed"]
    assert [(event.actor, event.data["to"], event.data["text"]) for event in briefed] == [
        ("101", "102", TEXT)
    ]
    real_desk.drain()
    with real_desk.open_work() as uow:
        assert len(uow.tickets.events("261123-1-001")) == len(log), "once"


def test_what_asterisk_refuses_leaves_the_caller_with_the_responder(real_desk: RealDesk) -> None:
    request_id = real_desk.ask()
    real_desk.asterisk.action()
    action_id = real_desk.asterisk.action()["ActionID"]
    real_desk.asterisk.send(f"Response: Error\nActionID: {action_id}\nMessage: Channel does not exist")
    live = real_desk.calls.get(LINKEDID)
    until(lambda: live.call is not None and live.call.handoffs[0].outcome == "cancelled")
    told = real_desk.asterisk.action()
    assert (told["Action"], told["Variable"], told["Value"]) == ("Setvar", "SHOUWEN_HANDED", "")
    until(lambda: real_desk.row(request_id).state is State.HANDED)


def test_an_old_request_is_not_carried_out(real_desk: RealDesk, uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        asked = request_handoff(
            uow, LINKEDID, to="102", text=TEXT, actor=WANG, now=now() - FRESH, language="zh"
        )
        uow.commit()
    until(lambda: real_desk.row(asked.id).refusal is Refusal.STALE)
    assert real_desk.calls.get(LINKEDID).last(Kind.HANDOFF_REQUESTED) is None


def test_a_desk_started_anew_answers_the_same(real_desk: RealDesk) -> None:
    request_id = real_desk.ask()
    until(lambda: real_desk.row(request_id).state is State.HANDED)
    anew = TypedHandoffs(real_desk.typed.desk)
    assert anew.decide(real_desk.row(request_id)) == 1


def test_a_call_of_another_desk_is_left_to_it_however_often_it_is_asked(real_desk: RealDesk) -> None:
    asked = TypedHandoff(
        id=1,
        linkedid="1763800000.99",
        extension="101",
        to="102",
        text=TEXT,
        language="zh",
        requested_at=now(),
    )
    assert [real_desk.typed.decide(asked) for _ in range(3)] == [None, None, None]
    assert real_desk.calls.known(asked.linkedid) is None, "nothing is kept of calls that are others'"


def test_a_desk_that_looks_first_holds_the_callers_own_desk_up_for_nothing(
    real_desk: RealDesk, uow_factory: UowFactory
) -> None:
    real_desk.taker.stop()
    request_id = real_desk.ask()
    with uow_factory() as other:
        assert take_handoffs(other, lambda asked: None, now()) == 0
        with uow_factory() as uow:
            assert take_handoffs(uow, real_desk.typed.decide, now()) == 1
            uow.commit()
        # what is decided stays so, whoever thought that nobody would
        other.typed_handoffs.settle(request_id, State.DECLINED, refusal=Refusal.STALE)
        other.commit()
    assert real_desk.row(request_id).state is State.HANDED


def test_of_two_that_come_together_one_is_decided(real_desk: RealDesk) -> None:
    real_desk.taker.stop()
    asked = [
        TypedHandoff(
            id=number,
            linkedid=LINKEDID,
            extension="101",
            to="102",
            text=TEXT,
            language="zh",
            requested_at=now(),
        )
        for number in range(1, 9)
    ]
    decided: list[object] = []
    threads = [
        threading.Thread(target=lambda each=each: decided.append(real_desk.typed.decide(each)))
        for each in asked
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(map(str, decided)) == sorted(["1", *["busy"] * 7])


# ---- texts and their voice -------------------------------------------------------------------------------------------


class HandVoice:
    """A voice that says what the test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []
        self.fault: dict[str, SynthesisError] = {}

    def say(self, text: str, language: str, *, urgent: bool = False) -> bytes:
        self.said.append((text, urgent))
        for part, fault in self.fault.items():
            if part in text:
                raise fault
        return f"{language}:{text}".encode()


@pytest.fixture
def voice() -> HandVoice:
    return HandVoice()


@pytest.fixture
def texts(settings: Settings, uow_factory: UowFactory, voice: HandVoice) -> Texts:
    return Texts(settings, uow_factory, voice)


def want(open_work: UowFactory, purpose: str, text: str, *, urgent: bool = False, age_s: float = 0) -> None:
    with open_work() as uow:
        uow.typed_handoffs.want(purpose, text, "zh", now() - timedelta(seconds=age_s), urgent=urgent)
        uow.commit()


def test_a_text_is_said_piece_by_piece_and_once(
    settings: Settings, uow_factory: UowFactory, texts: Texts, voice: HandVoice
) -> None:
    want(uow_factory, "a", TEXT)
    texts.run()
    plan = spoken.read_plan(settings, TEXT, "zh")
    assert plan is not None
    assert b"".join(file.read_bytes() for file in plan).decode().replace("zh:", "") == TEXT
    assert {stat.S_IMODE(file.stat().st_mode) for file in plan} == {0o600}
    count = len(voice.said)
    want(uow_factory, "b", f"{TEXT}谢谢您。", urgent=True)
    texts.run()
    assert voice.said[count:] == [("谢谢您。", True)], "what was said already is not said again"
    with uow_factory() as uow:
        assert uow.typed_handoffs.wanted() == []


def test_what_is_urgent_waits_for_one_piece_at_most(
    uow_factory: UowFactory, texts: Texts, voice: HandVoice
) -> None:
    want(uow_factory, "draft", "一一一一一一一一。二二二二二二二二。三三三三三三三三。")
    said = voice.say

    def then(text: str, language: str, *, urgent: bool = False) -> bytes:
        if text.startswith("一"):
            want(uow_factory, "briefing", "快快快。", urgent=True)
        return said(text, language, urgent=urgent)

    voice.say = then  # type: ignore[method-assign]  # something comes in while the voice speaks
    texts.run()
    assert [text[0] for text, _ in voice.said] == ["一", "快", "二", "三"]


@pytest.mark.parametrize("fault", [VoiceMissing(), VoiceFailed()])
def test_without_a_voice_the_desk_is_told_at_once_that_there_is_none(
    settings: Settings, uow_factory: UowFactory, texts: Texts, voice: HandVoice, fault: SynthesisError
) -> None:
    voice.fault["热水"] = fault
    want(uow_factory, "a", TEXT)
    texts.run()
    assert spoken.read_plan(settings, TEXT, "zh") == []
    want(uow_factory, "a", TEXT)
    texts.run()
    missing = isinstance(fault, VoiceMissing)
    assert len(voice.said) == (1 if missing else 2), "a voice that is not there is not asked each time"


def test_a_piece_without_words_is_passed_over(
    settings: Settings, uow_factory: UowFactory, texts: Texts, voice: HandVoice
) -> None:
    voice.fault["已经"] = NothingToSay()
    want(uow_factory, "a", TEXT)
    texts.run()
    plan = spoken.read_plan(settings, TEXT, "zh") or []
    assert len(plan) > 1
    assert all(file.exists() for file in plan)


def test_what_nobody_said_in_time_is_forgotten(
    uow_factory: UowFactory, texts: Texts, voice: HandVoice
) -> None:
    want(uow_factory, "old", TEXT, age_s=400)
    texts.run()
    assert voice.said == []


def test_who_calls_is_said_while_they_talk_and_forgotten_with_the_call(
    settings: Settings,
    real_desk: RealDesk,
    uow_factory: UowFactory,
    voice: HandVoice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("synthesis.texts.READ_OUTS_S", 0.0)
    monkeypatch.setattr("synthesis.read_outs.SETTLED", timedelta(hours=1))
    texts = Texts(settings, uow_factory, voice)
    texts.run()
    assert voice.said == [], "a call that has just begun is handed to nobody"
    monkeypatch.setattr("synthesis.read_outs.SETTLED", timedelta())
    texts.run()
    file = spoken.caller_file(settings, LINKEDID)
    assert file.read_text() == "zh:来电者：王小明。", "the network's name is a person's"
    form = TicketForm(
        kind="inquiry",
        contact_name="张雨晴",
        contact_phone="13800138000",
        details="热水",
        wished_reply=None,
        complexity="simple",
    )
    with uow_factory() as uow:
        tickets.save_form(uow, number="261123-1-001", form=form, actor=WANG, now=now())
        uow.commit()
    texts.run()
    said = file.read_text()
    assert said.startswith("zh:来电者：张雨晴。事项：")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    count = len(voice.said)
    texts.run()
    assert len(voice.said) == count
    real_desk.note(Kind.ENDED)
    texts.run()
    assert not file.exists()


# ---- the voice's own process -----------------------------------------------------------------------------------------


@pytest.fixture
def alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> VoiceAside:
    monkeypatch.setattr(aside, "MODULE", "tests.support.hand_voice")
    return VoiceAside(settings)


def test_the_process_is_started_once_and_again_after_its_death(alone: VoiceAside) -> None:
    first = alone.say("pid", "zh")
    assert alone.say("pid", "zh") == first
    with pytest.raises(VoiceFailed):
        alone.say("die", "zh")
    second = int(alone.say("pid", "zh"))
    assert second != int(first)
    os.kill(second, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{second}").exists())
    assert int(alone.say("pid", "zh")) != second
    with pytest.raises(VoiceMissing):
        alone.say("missing", "zh")


def test_it_stands_still_while_a_call_is_set_up(alone: VoiceAside, settings: Settings) -> None:
    pid = int(alone.say("pid", "zh"))

    def state() -> str:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

    with closing(calls_first.Announcer(settings)) as announce:

        def stopped() -> bool:
            announce()
            return state() == "T"

        until(stopped)
    until(lambda: state() != "T")
    assert alone.say("pid", "zh") == str(pid).encode()


def test_recognisers_make_room_for_what_somebody_waits_for(alone: VoiceAside, settings: Settings) -> None:
    with closing(calls_first.listen(settings)) as recogniser:
        recogniser.setblocking(False)
        alone.say("slow", "zh")
        with pytest.raises(BlockingIOError):
            recogniser.recv(1)
        alone.say("slow", "zh", urgent=True)
        assert recogniser.recv(1) == b""


def test_one_that_cannot_even_begin_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "MODULE", "tests.support.no_such_module")
    voice = VoiceAside(settings)
    for _ in range(3):
        with pytest.raises(VoiceFailed):
            voice.say("pid", "zh")


def test_one_that_never_ends_is_killed(alone: VoiceAside, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = int(alone.say("pid", "zh"))
    monkeypatch.setattr(aside, "LONGEST_S", 0.5)
    with pytest.raises(VoiceFailed):
        alone.say("hang", "zh")
    until(lambda: not Path(f"/proc/{pid}").exists())
    monkeypatch.setattr(aside, "LONGEST_S", 60.0)
    assert alone.say("pid", "zh") != str(pid).encode()
