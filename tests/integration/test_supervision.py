"""Draws, sheets, scores and the analysis on a real PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.analysis import Analysis, By, Counts, Only
from callcenter.domain.calls import CallEvent, Kind, Person
from callcenter.domain.fold import fold_call
from callcenter.domain.periods import Period, days
from callcenter.domain.scores import Rate
from callcenter.domain.spot_checks import BadScores, NoSheet, NothingToDraw, SpotCheck
from callcenter.domain.staff import Role
from callcenter.domain.tickets import TicketForm
from callcenter.policy_files import read_policy_text
from callcenter.services import analysis, staff, supervision, tickets
from callcenter.services.supervision import AlreadyChecked, BadDraw, OwnMatter, UnknownCheck
from tests.conftest import UowFactory

ZONE = ZoneInfo("Asia/Shanghai")
WANG, LI, CHEN, GUO = (
    Person(extension="101", name="王敏"),
    Person(extension="102", name="李静"),
    Person(extension="104", name="陈国强"),
    Person(extension="105", name="郭磊"),
)
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""
NOVEMBER = days(datetime(2026, 11, 1).date(), datetime(2026, 11, 30).date(), ZONE)
FULL: dict[str, str | int] = {"records": 25, "handling": "25", "feedback": 25, "filing": 25}
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def people(uow_factory: UowFactory) -> None:
    """Wang and Li, and two heads."""
    with uow_factory() as uow:
        for person in (WANG, LI, CHEN, GUO):
            role = Role.STAFF if person in (WANG, LI) else Role.MANAGER
            staff.add_staff(uow, extension=person.extension, name=person.name, role=role, now=FRIDAY)
        uow.commit()


def opened(
    uow: SqlUnitOfWork, number: str, owner: Person = WANG, *, kind: str = "inquiry", at: datetime = FRIDAY
) -> str:
    """An answered call whose matter is written down; due one working day later."""
    tickets.open_for_answer(
        uow, number=number, linkedid=f"c-{number}", responder=owner, phone="02088886666", name="Zhao", at=at
    )
    form = TicketForm(
        kind=kind,
        contact_name="赵女士",
        contact_phone="13800138000",
        details="宿舍热水",
        wished_reply=None,
        complexity="simple",
        fields={"wished_solution": "当天修好"} if kind == "complaint" else {},
    )
    tickets.save_form(uow, number=number, form=form, actor=owner, now=at)
    return number


def solved(uow: SqlUnitOfWork, number: str, owner: Person = WANG, **how: Any) -> str:
    """One that is solved an hour later."""
    at: datetime = how.get("at", FRIDAY)
    opened(uow, number, owner, **how)
    tickets.resolve(uow, number, "已告知", owner, at + HOUR)
    return number


def draw(uow: SqlUnitOfWork, count: int, *, by: Person = CHEN, seed: str = "5eed") -> list[SpotCheck]:
    return supervision.draw_checks(
        uow, count=count, period=NOVEMBER, actor=by, seed=seed, now=FRIDAY + 5 * HOUR
    )


@pytest.mark.rule("H60", "T40")
def test_a_draw_is_fair_and_can_be_done_again_from_what_is_on_file(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in range(6):
            solved(uow, f"261120-1-00{n}", WANG)
        for n in range(6, 8):
            solved(uow, f"261120-1-00{n}", LI)
        opened(uow, "261120-1-009", LI)
        drawn = draw(uow, 4)
        uow.commit()
    assert sorted(check.owner.extension for check in drawn) == ["101", "101", "102", "102"]
    assert [check.result for check in drawn] == [None] * 4
    assert drawn[0].drawn_by == CHEN
    with uow_factory() as uow:
        assert supervision.is_reproducible(uow, drawn[0].draw)
        # Tickets move on; what could be drawn then stays on file.
        tickets.reopen(uow, drawn[0].ticket, "还是没有热水", WANG, FRIDAY + 6 * HOUR)
        assert supervision.is_reproducible(uow, drawn[0].draw)


@pytest.mark.rule("H60")
def test_nothing_is_drawn_twice_and_nobody_draws_their_own(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        solved(uow, "261120-1-001", WANG)
        solved(uow, "261120-1-002", CHEN)
        assert [check.ticket for check in draw(uow, 9)] == ["261120-1-001"]
        with pytest.raises(NothingToDraw):
            draw(uow, 9)
        assert [check.ticket for check in draw(uow, 9, by=GUO)] == ["261120-1-002"]


@pytest.mark.rule("H60")
def test_a_later_draw_makes_up_for_the_one_before(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in range(5):
            solved(uow, f"261120-1-00{n}", WANG)
            solved(uow, f"261120-1-10{n}", LI)
        first, second = draw(uow, 3, seed="aa"), draw(uow, 3, seed="bb")
        owners = [check.owner.extension for check in first + second]
        assert (owners.count("101"), owners.count("102")) == (3, 3)


@pytest.mark.parametrize(
    ("count", "span"), [(0, timedelta(days=1)), (101, timedelta(days=1)), (5, timedelta(days=94))]
)
def test_a_draw_without_measure_is_refused(uow_factory: UowFactory, count: int, span: timedelta) -> None:
    period = Period(start=FRIDAY, end=FRIDAY + span)
    with uow_factory() as uow, pytest.raises(BadDraw):
        supervision.draw_checks(uow, count=count, period=period, actor=CHEN, seed="s", now=FRIDAY)


def test_two_who_draw_at_once_never_draw_the_same(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in range(8):
            solved(uow, f"261120-1-00{n}", WANG)
        uow.commit()
    found: list[str] = []
    start = threading.Barrier(2)

    def one(by: Person) -> None:
        with uow_factory() as uow:
            start.wait()
            found.extend(check.ticket for check in draw(uow, 4, by=by, seed=by.extension))
            uow.commit()

    threads = [threading.Thread(target=one, args=(by,)) for by in (CHEN, GUO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 8


@pytest.mark.rule("H60", "T40")
def test_a_sheet_is_filled_in_once_and_corrected_only_with_a_reason(uow_factory: UowFactory) -> None:
    now = FRIDAY + 6 * HOUR
    with uow_factory() as uow:
        solved(uow, "261120-1-001")
        [check] = draw(uow, 1)
        with pytest.raises(BadScores) as refused:
            supervision.fill_in(uow, check.id, FULL | {"filing": 26}, remark="", actor=CHEN, now=now)
        assert refused.value.faults == {"filing": "write a whole number from 0 to 25"}
        done = supervision.fill_in(uow, check.id, FULL | {"filing": 10}, remark="缺录音", actor=CHEN, now=now)
        assert done.result is not None
        assert (done.result.points, done.result.possible, done.result.remark) == (85, 100, "缺录音")
        for reason, seen in (("", 1), ("录音在通话页", 0), ("录音在通话页", 2)):
            with pytest.raises(AlreadyChecked):
                supervision.fill_in(
                    uow, check.id, FULL, remark="", actor=GUO, now=now, reason=reason, seen=seen
                )
        again = supervision.fill_in(
            uow, check.id, FULL, remark="", actor=GUO, now=now + HOUR, reason="录音在通话页", seen=1
        )
        uow.commit()
    assert [(r.points, r.reason, r.checked_by) for r in again.results] == [
        (85, None, CHEN),
        (100, "录音在通话页", GUO),
    ]
    with uow_factory() as uow:
        assert uow.supervision.points(NOVEMBER) == {"101": Rate(part=100, whole=100)}
        with pytest.raises(sqlalchemy.exc.IntegrityError, match="append-only"):
            uow.session.execute(text("UPDATE spot_check_result SET points = 100"))


def test_nobody_checks_their_own_matter_nor_one_that_was_not_drawn(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        solved(uow, "261120-1-001", GUO)
        [check] = draw(uow, 1)
        with pytest.raises(OwnMatter):
            supervision.fill_in(uow, check.id, FULL, remark="", actor=GUO, now=FRIDAY)
        with pytest.raises(UnknownCheck):
            supervision.fill_in(uow, check.id + 1, FULL, remark="", actor=CHEN, now=FRIDAY)


@pytest.mark.rule("T40")
def test_a_sheet_is_that_of_the_policy_the_ticket_was_opened_under(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        solved(uow, "261120-1-001")
        [check] = draw(uow, 1)
        uow.commit()
        book = uow.rules
    today = book.current.policy.source.replace("points = 25", "points = 10")
    newer = replace(book.current, policy=read_policy_text("huizhou-school.toml", today))
    with uow_factory() as uow:
        uow.rules = type(book)(
            default=book.default, by_name={**book.by_name, book.default: newer}, parse=book.parse
        )
        assert [line.points for line in uow.rules.current.policy.supervision.scores] == [10] * 4
        assert [line.points for line in supervision.sheet_of(uow, check)] == [25] * 4


def test_a_policy_without_a_sheet_draws_nothing(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        book = uow.rules
        source = book.current.policy.source
        begin, end = source.index("[[supervision.scores]]"), source.index("[[rules]]")
        without = read_policy_text("huizhou-school.toml", source[:begin] + source[end:])
        bare = replace(book.current, policy=without)
        uow.rules = type(book)(default=book.default, by_name={book.default: bare}, parse=book.parse)
        solved(uow, "261120-1-001")
        with pytest.raises(NoSheet):
            draw(uow, 1)


def test_the_month_counts_what_was_drawn_and_done(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in range(3):
            solved(uow, f"261120-1-00{n}")
        checks = draw(uow, 2)
        supervision.fill_in(uow, checks[0].id, FULL, remark="", actor=CHEN, now=FRIDAY + 6 * HOUR)
        month = supervision.month_of_checks(uow, ZONE, FRIDAY + 7 * HOUR)
        assert (month.first.isoformat(), month.wanted, month.drawn, month.done) == ("2026-11-01", 10, 2, 1)
        assert [check.id for check in uow.supervision.to_do(10)] == [checks[1].id]
        assert [check.id for check in uow.supervision.done(NOVEMBER, 10, owner="101")] == [checks[0].id]
        assert uow.supervision.done(NOVEMBER, 10, owner="102") == []
        december = supervision.month_of_checks(uow, ZONE, datetime(2026, 11, 30, 16, 0, tzinfo=UTC))
        assert (december.first.isoformat(), december.drawn) == ("2026-12-01", 0)


def answered_call(
    uow: SqlUnitOfWork, linkedid: str, who: Person, greeted_s: float | None, place: int
) -> None:
    """A call that somebody answered and greeted after so many seconds."""
    at = FRIDAY
    heard: list[tuple[datetime, Kind, dict[str, Any]]] = [
        (at, Kind.ARRIVED, {"line": "8000", "caller": "13800138000", "caller_name": None}),
        (at, Kind.RINGING, {"extension": who.extension, "name": who.name}),
        (
            at + timedelta(seconds=5),
            Kind.ANSWERED,
            {"extension": who.extension, "name": who.name, "uniqueid": "x"},
        ),
        (at + timedelta(seconds=5), Kind.LEG_UP, {"extension": who.extension, "uniqueid": "x"}),
    ]
    if greeted_s is not None:
        heard.append((at + timedelta(seconds=5 + greeted_s), Kind.GREETED, {"uniqueid": "x"}))
    heard.append((at + timedelta(seconds=90), Kind.ENDED, {}))
    events = [CallEvent(linkedid=linkedid, at=at, kind=kind, data=data) for at, kind, data in heard]
    uow.calls.append(1, list(enumerate(events, place)))
    call = fold_call(events)
    assert call is not None
    uow.calls.save([call])


@pytest.mark.rule("H61", "T40")
def test_scores_count_promises_opinions_checks_and_greetings(uow_factory: UowFactory) -> None:
    now = FRIDAY + timedelta(days=10)
    with uow_factory() as uow:
        for n in range(3):
            solved(uow, f"261120-1-00{n}", WANG)
        opened(uow, "261120-1-003", WANG)  # due Monday 17:30, never answered
        tickets.give_satisfaction(
            uow, "261120-1-000", "satisfied", via="key", actor=None, now=FRIDAY + 2 * HOUR
        )
        tickets.give_satisfaction(
            uow, "261120-1-001", "not_given", via="staff", actor=WANG, now=FRIDAY + 2 * HOUR
        )
        answered_call(uow, "c-1", WANG, 2.0, 1)
        answered_call(uow, "c-2", WANG, 4.5, 11)
        solved(uow, "261120-1-009", LI)
        [check] = draw(uow, 1, seed="1")
        points: dict[str, str | int] = {"records": 20, "handling": 20, "feedback": 20, "filing": 20}
        supervision.fill_in(uow, check.id, points, remark="", actor=CHEN, now=now)
        report = supervision.scores(uow, NOVEMBER, zone=ZONE, now=now)
        by_name = {each.person.name: each for each in report.people}
    wang, li = by_name["王敏"], by_name["李静"]
    assert wang.matters == 4
    assert (wang.rates["on_time"], wang.rates["satisfied"]) == (Rate(part=3, whole=4), Rate(part=1, whole=1))
    assert wang.rates["greeted"] == Rate(part=1, whole=2)
    assert (li.matters, li.rates["on_time"], li.rates["satisfied"]) == (1, Rate(part=1, whole=1), Rate())
    checked = {each.person.extension: each.rates["checks"] for each in report.people}
    assert checked[check.owner.extension] == Rate(part=80, whole=100)
    assert "satisfied" in li.left_out
    assert "greeted" in li.left_out
    # Li: 100 % on time, and 80 % of a check if hers was drawn; Wang is behind her either way.
    assert [each.person.name for each in report.people] == ["李静", "王敏"]


@pytest.mark.rule("H61")
def test_the_yearly_list_asks_for_a_minimum_of_matters(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in range(20):
            solved(uow, f"261120-1-{n:03}", WANG)
        solved(uow, "261120-1-099", LI)
        _, ranked = supervision.yearly_list(uow, 2026, zone=ZONE, now=FRIDAY + timedelta(days=1))
        assert [(p.score.person, p.rank, p.is_commended) for p in ranked] == [
            (WANG, 1, True),
            (LI, None, False),
        ]
        _, none = supervision.yearly_list(uow, 2025, zone=ZONE, now=FRIDAY)
        assert none == ()


def analysed(uow: SqlUnitOfWork, now: datetime) -> Analysis:
    return analysis.analyse(uow, NOVEMBER, zone=ZONE, now=now)


@pytest.mark.rule("H43", "S50")
def test_the_analysis_counts_by_kind_channel_office_cause_person_and_month(uow_factory: UowFactory) -> None:
    later = FRIDAY + 2 * HOUR
    now = FRIDAY + timedelta(days=7)
    with uow_factory() as uow:
        solved(uow, "261120-1-001", kind="inquiry")
        opened(uow, "261120-1-002", LI, kind="inquiry")
        complaint = opened(uow, "261120-1-003", kind="complaint")
        for office in ("logistics", "finance"):
            tickets.take_step(uow, complaint, "office_named", {"office": office, "text": "宿舍"}, WANG, later)
        tickets.resolve(uow, complaint, "已修", WANG, later)
        tickets.give_satisfaction(uow, complaint, "not_satisfied", via="key", actor=None, now=later)
        traced = {"person": "102", "cause": "值班交接遗漏"}
        tickets.take_step(uow, complaint, "responsibility_traced", traced, CHEN, later)
        for number, adopted in (("261120-1-004", "yes"), ("261120-1-005", "no"), ("261120-1-006", None)):
            opened(uow, number, LI, kind="suggestion")
            if adopted:
                tickets.take_step(uow, number, "suggestion_reported", {"text": "增开窗口"}, LI, later)
                decision = {"adopted": adopted, "text": "已研究"}
                tickets.take_step(uow, number, "suggestion_decided", decision, CHEN, later)
        tickets.open_for_answer(
            uow, number="261120-1-007", linkedid="c-7", responder=LI, phone=None, name=None, at=FRIDAY
        )
        opened(uow, "261120-1-008", LI)
        tickets.dismiss(uow, "261120-1-008", "打错", LI, later)
        opened(uow, "261031-1-001", at=datetime(2026, 10, 31, 15, 59, tzinfo=UTC))
        found = analysed(uow, now)
        # October's, the one to be completed and the dismissed one are no matters of November.
        assert found.total.matters == 6
        assert {key: counts.matters for key, counts in found.rows[By.KIND].items()} == {
            "suggestion": 3,
            "inquiry": 2,
            "complaint": 1,
        }
        assert found.rows[By.CHANNEL] == {"phone": found.total}
        assert found.rows[By.MONTH] == {"2026-11": found.total}
        complaints = found.rows[By.KIND]["complaint"]
        assert (complaints.opinions, complaints.not_satisfied, complaints.reopened, complaints.traced) == (
            1,
        ) * 4
        assert complaints.not_satisfied_share == 1.0
        assert found.rows[By.OFFICE] == {"finance": complaints, "logistics": complaints}
        assert found.rows[By.CAUSE] == {"值班交接遗漏": complaints}
        assert found.rows[By.PERSON] == {"102": complaints}
        suggestions = found.rows[By.KIND]["suggestion"]
        assert (suggestions.decided, suggestions.adopted, suggestions.adopted_share) == (2, 1, 0.5)
        inquiries = found.rows[By.KIND]["inquiry"]
        assert (inquiries.timed, inquiries.late, inquiries.late_share) == (2, 1, 0.5)
        for by, rows in ((By.TOTAL, {"": found.total}), *found.rows.items()):
            for key, counts in rows.items():
                assert_behind(uow, by, key, counts, now)


def assert_behind(uow: SqlUnitOfWork, by: By, key: str, counts: Counts, now: datetime) -> None:
    """Behind each figure there are as many matters as it says."""
    for only in Only:
        listed = analysis.matters_behind(
            uow, NOVEMBER, by=by, key=key, only=only, zone=ZONE, now=now, limit=100
        )
        assert len(listed) == getattr(counts, only.value), (by, key, only)


@pytest.mark.rule("S1")
def test_the_directory_knows_what_waits_at_each_office(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        for n in (1, 2, 3):
            opened(uow, f"261120-1-00{n}")
            tickets.take_step(
                uow, f"261120-1-00{n}", "office_named", {"office": "finance", "text": "票据"}, WANG, FRIDAY
            )
        tickets.resolve(uow, "261120-1-003", "已开票", WANG, FRIDAY + HOUR)
        found = {each.office.key: each.open_matters for each in analysis.offices(uow)}
        assert found == {"academic": 0, "logistics": 0, "finance": 2, "students": 0}
        assert [each.office.key for each in analysis.offices(uow, "退费")] == ["finance"]
        assert [each.office.key for each in analysis.offices(uow, "REPAIRS dormitories")] == ["logistics"]
        assert analysis.offices(uow, "nobody does this") == []
        office, matters = analysis.open_matters(uow, "finance", 10)
        assert (office.contact, [each.number for each in matters]) == (
            "内线 203",
            ["261120-1-002", "261120-1-001"],
        )
        with pytest.raises(analysis.UnknownOffice):
            analysis.open_matters(uow, "nowhere", 10)
