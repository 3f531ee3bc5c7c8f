"""A desk in the middle of a working morning: staff, calls in every state, tickets in every state."""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.fold import fold_call
from callcenter.domain.staff import Role
from callcenter.domain.tickets import TicketForm, WishedReply
from callcenter.domain.transcripts import Purpose, RecordedFile, SpokenPart, SpokenWord
from callcenter.services import tickets, transcripts
from callcenter.services.accounts import create_token
from callcenter.services.staff import add_staff

UowFactory = Callable[[], SqlUnitOfWork]
Value = str | int | float | bool | None

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
"""Monday 23 November 2026, 10:20 in the centre."""

WANG, LI, ZHANG = (
    Person(extension="101", name="王敏"),
    Person(extension="102", name="李静"),
    Person(extension="103", name="张伟"),
)
USERS = {"101": "wangmin", "102": "lijing", "103": "zhangwei", "104": "chenguoqiang"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What was put in, by name."""

    passwords: Mapping[str, str]
    manager_token: str
    staff_token: str
    calls: Mapping[str, str]
    tickets: Mapping[str, str]


class Seeder:
    """Puts calls in as their events, and tickets as the use cases make them."""

    def __init__(self, work: SqlUnitOfWork, recordings: Path) -> None:
        self.work = work
        self.recordings = recordings
        self._position = 0
        self._serial = 0

    def call(self, linkedid: str, *events: tuple[datetime, Kind, dict[str, Value]]) -> None:
        """Store the call that these events make."""
        made = [CallEvent(linkedid=linkedid, at=at, kind=kind, data=data) for at, kind, data in events]
        placed = []
        for event in made:
            self._position += 1
            placed.append((self._position, event))
        self.work.calls.append(1, placed)
        everything = self.work.calls.events(linkedid)
        call = fold_call(everything)
        assert call is not None
        self.work.calls.save([call])

    def number(self, at: datetime) -> str:
        """The next ticket number of the node."""
        self._serial += 1
        local = at + timedelta(hours=8)
        return f"{local:%y%m%d}-1-{self._serial:03}"

    def answered(
        self,
        linkedid: str,
        at: datetime,
        who: Person,
        *,
        caller: str | None = "13800138000",
        name: str | None = None,
        seconds: int = 150,
        ended: bool = True,
    ) -> str:
        """An answered call with its ticket; its number."""
        number = self.number(at)
        answered = at + timedelta(seconds=4, milliseconds=180)
        events: list[tuple[datetime, Kind, dict[str, Value]]] = [
            (at, Kind.ARRIVED, {"line": "8000", "caller": caller, "caller_name": name}),
            (at + timedelta(seconds=1), Kind.RINGING, {"extension": who.extension, "name": who.name}),
            (
                answered,
                Kind.ANSWERED,
                {"extension": who.extension, "name": who.name, "uniqueid": f"{linkedid}.2", "ticket": number},
            ),
            (
                answered,
                Kind.LEG_UP,
                {"extension": who.extension, "uniqueid": f"{linkedid}.2"},
            ),
            (answered + timedelta(seconds=1, milliseconds=400), Kind.GREETED, {"uniqueid": f"{linkedid}.2"}),
        ]
        if ended:
            events.append((at + timedelta(seconds=seconds), Kind.ENDED, {}))
        self.call(linkedid, *events)
        tickets.open_for_answer(
            self.work,
            number=number,
            linkedid=linkedid,
            responder=who,
            phone=caller,
            name=name,
            at=answered,
        )
        return number

    def left_message(
        self,
        linkedid: str,
        at: datetime,
        *,
        caller: str | None,
        name: str | None,
        words: str,
        confirmed: bool,
    ) -> str:
        """A call that nobody answered, with a message; its ticket's number."""
        number = self.number(at)
        path = f"{linkedid}.wav"
        silence(self.recordings / path, seconds=8)
        begun, over = at + timedelta(seconds=36), at + timedelta(seconds=58)
        self.call(
            linkedid,
            (at, Kind.ARRIVED, {"line": "8000", "caller": caller, "caller_name": name}),
            (at + timedelta(seconds=1), Kind.RINGING, {"extension": "101", "name": "王敏"}),
            (at + timedelta(seconds=31), Kind.QUEUE_LEFT, {"reason": "timeout"}),
            (
                begun,
                Kind.RECORDING_STARTED,
                {"path": path, "ticket": number, "language": "zh", "phone": caller},
            ),
            (
                over,
                Kind.RECORDING_ENDED,
                {"path": path, "seconds": 8.0, "phone": caller, "wished": "today", "confirmed": confirmed},
            ),
            (over + timedelta(seconds=2), Kind.ENDED, {}),
        )
        tickets.open_for_recording(
            self.work,
            number=number,
            linkedid=linkedid,
            phone=caller,
            name=name,
            wished_reply="today",
            at=over,
        )
        file = RecordedFile(
            linkedid=linkedid,
            path=path,
            purpose=Purpose.MESSAGE,
            language="zh",
            created_at=over,
            ticket=number,
            seconds=8.0,
        )
        recording_id = transcripts.add_recording(self.work, file)
        if words:
            spoken = [
                SpokenWord(
                    word=word, start_s=i * 0.4, end_s=i * 0.4 + 0.4, confidence=0.3 if i == 3 else 0.95
                )
                for i, word in enumerate(words.split())
            ]
            heard = SpokenPart(
                start_s=0.0,
                end_s=8.0,
                text="".join(words.split()),
                words=tuple(spoken),
                engine="whisper",
                model="base",
                language="zh",
            )
            later = over + timedelta(seconds=20)
            transcripts.begin_transcription(self.work, recording_id, now=later)
            transcripts.record_transcript(self.work, recording_id, heard, total_s=8.0, now=later)
        return number


def silence(path: Path, *, seconds: int) -> None:
    """A silent telephone recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000 * seconds)


def add_people(work: SqlUnitOfWork, now: datetime) -> dict[str, str]:
    """101 to 103 staff, 104 manager; their console passwords by extension."""
    passwords: dict[str, str] = {}
    for extension, name in (("101", "王敏"), ("102", "李静"), ("103", "张伟"), ("104", "陈国强")):
        role = Role.MANAGER if extension == "104" else Role.STAFF
        new = add_staff(
            work,
            extension=extension,
            name=name,
            role=role,
            console_user=USERS[extension],
            rung=role is Role.STAFF,
            now=now,
        )
        passwords[extension] = new.console_password or ""
    return passwords


def form(
    details: str, *, complexity: str = "normal", kind: str = "inquiry", name: str = "刘女士"
) -> TicketForm:
    """A form as staff would fill it."""
    return TicketForm(
        kind=kind,
        contact_name=name,
        contact_phone="13800138000",
        details=details,
        wished_reply=WishedReply.TODAY,
        complexity=complexity,
        fields={"wished_solution": "增开窗口"} if kind == "complaint" else {},
    )


def seed_people(open_work: UowFactory, now: datetime = NOW) -> Desk:
    """Staff and tokens, nothing else."""
    with open_work() as work:
        passwords = add_people(work, now - timedelta(days=30))
        manager = create_token(work, name="tests", role=Role.MANAGER, now=now)
        staff = create_token(work, name="tests", role=Role.STAFF, now=now)
        work.commit()
    return Desk(passwords=passwords, manager_token=manager, staff_token=staff, calls={}, tickets={})


def seed_desk(open_work: UowFactory, recordings: Path, now: datetime = NOW) -> Desk:
    """The whole morning."""
    people = seed_people(open_work, now)
    calls: dict[str, str] = {}
    numbers: dict[str, str] = {}

    def minutes(count: float) -> datetime:
        return now - timedelta(minutes=count)

    with open_work() as work:
        seeder = Seeder(work, recordings)
        friday = now - timedelta(days=5)
        numbers["late"] = seeder.answered("1763600001.1", friday, WANG, caller="13900139001", name="何先生")
        tickets.save_form(
            work,
            number=numbers["late"],
            form=form("宿舍热水供应时间与通知不符，请核实。", complexity="simple", name="何先生"),
            actor=WANG,
            now=friday + timedelta(minutes=5),
        )
        tickets.record_alarms(work, now)
        numbers["solved"] = seeder.answered(
            "1763600002.1", minutes(90), LI, caller="02087654321", name="Zhao"
        )
        tickets.save_form(
            work,
            number=numbers["solved"],
            form=form("成绩单补办流程。", name="赵同学"),
            actor=LI,
            now=minutes(88),
        )
        tickets.resolve(
            work, numbers["solved"], "已告知：带身份证到教务处窗口办理，当天可取。", LI, minutes(60)
        )
        numbers["today"] = seeder.answered("1763600003.1", now - timedelta(days=3), WANG, name="刘女士")
        tickets.save_form(
            work,
            number=numbers["today"],
            form=form(
                "孩子转专业的申请材料有哪些，截止到哪一天？家长希望今天下午给答复。", complexity="simple"
            ),
            actor=WANG,
            now=now - timedelta(days=3) + timedelta(minutes=4),
        )
        tickets.add_note(work, numbers["today"], "已联系教务处，等名单。", WANG, minutes(45))
        numbers["later"] = seeder.answered("1763600004.1", minutes(75), WANG, caller="13700137002")
        tickets.save_form(
            work,
            number=numbers["later"],
            form=form(
                "投诉食堂窗口排队过长，建议增开窗口。", complexity="complex", kind="complaint", name="周同学"
            ),
            actor=WANG,
            now=minutes(70),
        )
        numbers["hostile"] = seeder.answered(
            "1763600005.1", minutes(50), LI, caller="13600136003", name=HOSTILE
        )
        numbers["unowned"] = seeder.left_message(
            "1763600006.1",
            minutes(40),
            caller="13500135004",
            name=None,
            words="我 想 问 一下 寒假 宿舍 什么 时候 关门",
            confirmed=True,
        )
        numbers["withheld"] = seeder.left_message(
            "1763600007.1", minutes(25), caller=None, name=None, words="", confirmed=False
        )
        calls["handoff"] = "1763600008.1"
        numbers["handoff"] = seeder.answered(
            calls["handoff"], minutes(20), WANG, caller="13400134005", name="陈先生"
        )
        asked = minutes(19)
        handoff: dict[str, Value] = {"handoff": 1}
        seeder.call(
            calls["handoff"],
            (
                asked,
                Kind.HANDOFF_REQUESTED,
                handoff
                | {
                    "mode": "recorded",
                    "from": "101",
                    "from_name": "王敏",
                    "to": "102",
                    "to_name": "李静",
                    "limit_s": 120,
                },
            ),
            (asked + timedelta(seconds=14), Kind.HANDOFF_BRIEFED, handoff | {"path": "brief.wav"}),
            (asked + timedelta(seconds=22), Kind.HANDOFF_ANSWERED, handoff | {"uniqueid": "x.9"}),
            (asked + timedelta(seconds=38), Kind.HANDOFF_ENDED, handoff | {"outcome": "accepted"}),
        )
        silence(recordings / "brief.wav", seconds=4)
        briefing = RecordedFile(
            linkedid=calls["handoff"],
            path="brief.wav",
            purpose=Purpose.BRIEFING,
            language="zh",
            created_at=asked,
            ticket=numbers["handoff"],
            seconds=4.0,
        )
        transcripts.add_recording(work, briefing)
        tickets.hand_over(work, number=numbers["handoff"], to=LI, at=asked + timedelta(seconds=38))
        seeder.call(
            "1763600009.1",
            (minutes(12), Kind.ARRIVED, {"line": "8000", "caller": "13300133006", "caller_name": None}),
            (minutes(11.7), Kind.ENDED, {}),
        )
        calls["talking"] = "1763600010.1"
        numbers["talking"] = seeder.answered(
            calls["talking"], minutes(2.4), WANG, caller="13200132007", name="孙女士", ended=False
        )
        calls["ringing"] = "1763600011.1"
        seeder.call(
            calls["ringing"],
            (minutes(0.2), Kind.ARRIVED, {"line": "8000", "caller": "13100131008", "caller_name": "吴老师"}),
            (minutes(0.19), Kind.RINGING, {"extension": "102", "name": "李静"}),
        )
        work.commit()
    return Desk(
        passwords=people.passwords,
        manager_token=people.manager_token,
        staff_token=people.staff_token,
        calls=calls,
        tickets=numbers,
    )
