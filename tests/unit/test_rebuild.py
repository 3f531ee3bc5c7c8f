"""Recorded calls: real rows of CEL, as Asterisk 22 wrote them, and the events that they prove.

tests/README.md says how to capture one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agi.cel import parse
from agi.rebuild import CelRow, missing_events
from callcenter.domain.calls import Call, CallEvent, Kind, Outcome, Person, Source
from callcenter.domain.fold import fold_call

ANSWERED = r'''
"CHAN_START","1795365906.901222","1795365906.0","1795365906.0","PJSIP/trunk-00000000","shouwen-trunk","8000","13800000101","王\""小\\明","",""
"ANSWER","1795365906.905655","1795365906.0","1795365906.0","PJSIP/trunk-00000000","shouwen-arrive","s","13800000101","王\""小\\明","",""
"CHAN_START","1795365909.286789","1795365906.0","1795365909.1","PJSIP/101-00000001","shouwen-staff","s","101","王敏","",""
"ANSWER","1795365909.291769","1795365906.0","1795365909.1","PJSIP/101-00000001","shouwen-staff","s","101","王敏","",""
"BRIDGE_ENTER","1795365909.311583","1795365906.0","1795365909.1","PJSIP/101-00000001","shouwen-staff","s","101","王敏","","{""bridge_id"":""8c61ca0e"",""bridge_technology"":""simple_bridge""}"
"BRIDGE_ENTER","1795365909.311943","1795365906.0","1795365906.0","PJSIP/trunk-00000000","shouwen-arrive","s","13800000101","王\""小\\明","","{""bridge_id"":""8c61ca0e"",""bridge_technology"":""simple_bridge""}"
"HANGUP","1795365909.573768","1795365906.0","1795365909.1","PJSIP/101-00000001","shouwen-responder","bye","101","王敏","","{""hangupcause"":26,""hangupsource"":""PJSIP/trunk-00000000"",""dialstatus"":""""}"
"HANGUP","1795365909.582112","1795365906.0","1795365906.0","PJSIP/trunk-00000000","shouwen-arrive","s","13800000101","王\""小\\明","","{""hangupcause"":16,""hangupsource"":""PJSIP/trunk-00000000"",""dialstatus"":""ANSWER""}"
"LINKEDID_END","1795365909.582112","1795365906.0","1795365906.0","PJSIP/trunk-00000000","shouwen-arrive","s","13800000101","王\""小\\明","",""
'''
CLOSED = r'''
"CHAN_START","1795366057.564197","1795366057.5","1795366057.5","PJSIP/trunk-00000005","shouwen-trunk","8001","anonymous","","",""
"ANSWER","1795366057.566602","1795366057.5","1795366057.5","PJSIP/trunk-00000005","shouwen-arrive","s","anonymous","","",""
"HANGUP","1795366057.694017","1795366057.5","1795366057.5","PJSIP/trunk-00000005","shouwen-callback","s","anonymous","","","{""hangupcause"":0,""hangupsource"":""PJSIP/trunk-00000005"",""dialstatus"":""""}"
"LINKEDID_END","1795366057.694017","1795366057.5","1795366057.5","PJSIP/trunk-00000005","shouwen-callback","s","anonymous","","",""
'''
RECORDED = r'''
"CHAN_START","1795365909.654824","1795365909.2","1795365909.2","PJSIP/trunk-00000002","shouwen-trunk","8000","13800000102","张雨晴","",""
"ANSWER","1795365909.658221","1795365909.2","1795365909.2","PJSIP/trunk-00000002","shouwen-arrive","s","13800000102","张雨晴","",""
"SHOUWEN_MESSAGE","1795365920.100000","1795365909.2","1795365909.2","PJSIP/trunk-00000002","shouwen-callback","s","13800000102","张雨晴","SHOUWEN_MESSAGE","{""extra"":""fallback/1795365909.2-1795365920.wav""}"
"HANGUP","1795365936.151797","1795365909.2","1795365909.2","PJSIP/trunk-00000002","shouwen-callback","s","13800000102","张雨晴","","{""hangupcause"":0,""hangupsource"":""PJSIP/trunk-00000002"",""dialstatus"":""""}"
'''


def rows(recorded: str) -> list[CelRow]:
    """The rows of a recorded call, without the one that says it is over."""
    found = [parse(fields) for fields in csv.reader(io.StringIO(recorded.strip(), newline=""))]
    return [row for row in found if row is not None and row.event != "LINKEDID_END"]


def missing(recorded: Sequence[CelRow], known: Sequence[CallEvent] = ()) -> list[CallEvent]:
    drawn = iter(f"T{number}" for number in range(1, 9))
    return missing_events(
        recorded,
        known,
        person=lambda extension: Person(extension=extension, name={"101": "王敏", "102": "李静"}[extension]),
        ticket=lambda _: next(drawn),
        language=lambda line: "en" if line == "8001" else "zh",
        ring_timeout=timedelta(seconds=30),
    )


def rebuilt(recorded: Sequence[CelRow], known: Sequence[CallEvent] = ()) -> Call:
    call = fold_call([*known, *missing(recorded, known)])
    assert call is not None
    return call


def instant(epoch: str) -> datetime:
    return datetime.fromtimestamp(float(epoch), UTC)


def test_a_call_that_the_desk_never_saw() -> None:
    assert rebuilt(rows(ANSWERED)) == Call(
        linkedid="1795365906.0",
        line="8000",
        caller="13800000101",
        caller_name=r"王\"小\\明",
        arrived_at=instant("1795365906.901222"),
        rang_at=instant("1795365909.286789"),  # the phone leg's creation: CEL has no ringing
        answered_at=instant("1795365909.291769"),
        ended_at=instant("1795365909.582112"),
        answer_ms=5,
        wait_ms=2391,
        first_responder=Person(extension="101", name="王敏"),
        outcome=Outcome.ANSWERED,
        ticket="T1",
        language="zh",
        source=Source.REBUILT,
    )


def test_a_call_that_the_desk_saw_whole_has_nothing_missing() -> None:
    whole = [replace(event, data=event.data) for event in missing(rows(ANSWERED))]
    assert missing(rows(ANSWERED), whole) == []


@pytest.mark.parametrize("seen", [1, 2, 3])
def test_a_desk_that_died_in_the_call_is_told_only_the_rest(seen: int) -> None:
    whole = missing(rows(ANSWERED))
    rest = missing(rows(ANSWERED), whole[:seen])
    assert [event.kind for event in rest] == [event.kind for event in whole[seen:]]
    assert rebuilt(rows(ANSWERED), whole[:seen]) == rebuilt(rows(ANSWERED))


def test_the_phone_that_was_bridged_answered_and_not_the_other_that_said_200_too() -> None:
    recorded = rows(ANSWERED)
    other = [
        replace(
            row, uniqueid="1795365909.9", channel="PJSIP/102-00000009", at=row.at - timedelta(milliseconds=2)
        )
        for row in recorded
        if row.uniqueid == "1795365909.1" and row.event in ("CHAN_START", "ANSWER", "HANGUP")
    ]
    call = rebuilt(sorted([*recorded, *other], key=lambda row: row.at))
    assert call.first_responder == Person(extension="101", name="王敏")
    assert call.rang_at == instant("1795365909.286789") - timedelta(milliseconds=2)


def test_the_closed_line() -> None:
    call = rebuilt(rows(CLOSED))
    assert (call.outcome, call.caller, call.caller_name, call.ticket) == (Outcome.CLOSED, None, None, None)


def test_a_message_that_the_dialplan_took_by_itself() -> None:
    call = rebuilt(rows(RECORDED))
    [recording] = call.recordings
    assert recording.path == "fallback/1795365909.2-1795365920.wav"
    assert (recording.phone, recording.language, recording.ticket) == ("13800000102", "zh", "T1")
    assert recording.ended_at == call.ended_at == instant("1795365936.151797")
    assert (call.outcome, call.ticket) == (Outcome.CALLBACK, "T1")


def test_a_line_speaks_its_own_language_and_a_message_that_of_its_file() -> None:
    assert rebuilt(rows(CLOSED)).language == "en"
    own = [replace(row, extra=row.extra.replace(".wav", "-en.wav")) for row in rows(RECORDED)]
    call = rebuilt(own)
    assert (call.language, [recording.language for recording in call.recordings]) == ("en", ["en"])


def test_a_message_in_an_answered_call_goes_to_its_ticket() -> None:
    answered = CallEvent(
        linkedid="1795365909.2",
        at=instant("1795365912"),
        kind=Kind.ANSWERED,
        data={"extension": "101", "name": "王敏", "ticket": "261120-1-007", "uniqueid": "x"},
    )
    call = rebuilt(rows(RECORDED), [answered])
    assert (call.ticket, call.recordings[0].ticket) == ("261120-1-007", "261120-1-007")


@pytest.mark.parametrize(("waited_s", "outcome"), [(29.999999, Outcome.ABANDONED), (30.0, Outcome.NO_ANSWER)])
def test_nobody_answered(waited_s: float, outcome: Outcome) -> None:
    start, *_ = rows(ANSWERED)
    gone = replace(start, event="HANGUP", at=start.at + timedelta(seconds=waited_s))
    assert rebuilt([start, gone]).outcome is outcome


def test_asterisk_died_in_the_call() -> None:
    arrival, own_answer, *_ = rows(ANSWERED)
    assert rebuilt([arrival, own_answer]).outcome is Outcome.FAILED
    cut = rebuilt(rows(ANSWERED)[:6])
    assert (cut.outcome, cut.ended_at) == (Outcome.ANSWERED, instant("1795365909.311943"))


@pytest.mark.parametrize(
    ("context", "exten"), [("shouwen-trunk", "8003"), ("shouwen-staff", "102"), ("shouwen-next", "8000")]
)
def test_what_is_no_call_to_a_line_is_no_call(context: str, exten: str) -> None:
    start, *rest = rows(ANSWERED)
    assert missing([replace(start, context=context, exten=exten), *rest]) == []
    assert missing(rest) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        '"CHAN_START"',
        '"CHAN_START","now","1","1","c","x","s","1","n","",""',
        '"CHAN_START","inf","1","1","c","x","s","1","n","",""',
        '"CHAN_START","1e99","1","1","c","x","s","1","n","",""',
        '"CHAN_START","1","1","1","c","x","s","1","n","","","more"',
    ],
)
def test_a_row_that_is_none(line: str) -> None:
    assert [parse(fields) for fields in csv.reader([line])] in ([None], [])


@pytest.mark.parametrize("extra", ["", "{", "[]", '"text"', "{}"])
def test_an_extra_that_is_none(extra: str) -> None:
    row = parse(["SHOUWEN_MESSAGE", "1", "1", "1", "c", "x", "s", "1", "n", "SHOUWEN_MESSAGE", extra])
    assert row is not None
    assert row.extra == ""


def test_a_call_that_no_phone_took_is_not_rebuilt() -> None:
    """Phones that neither rang nor answered (do not disturb, mute): the desk saw all there was."""
    unanswered = [row for row in rows(ANSWERED) if row.event in ("CHAN_START", "HANGUP")]
    linkedid = unanswered[0].linkedid
    known = [
        CallEvent(linkedid=linkedid, at=unanswered[0].at, kind=Kind.ARRIVED, data={"line": "8000"}),
        CallEvent(linkedid=linkedid, at=unanswered[-1].at, kind=Kind.ENDED, data={}),
    ]
    assert missing(unanswered, known) == []
    assert [event.kind for event in missing(unanswered, known[:1])] == [Kind.RINGING, Kind.ENDED]
