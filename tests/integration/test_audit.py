"""Whatever is done to the tickets' log behind the product's back, `audit verify` names it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from callcenter.cli import main
from callcenter.domain.calls import Person
from callcenter.domain.log_faults import FaultKind
from callcenter.domain.staff import Role
from callcenter.runtime import anchors
from callcenter.runtime.auditing import verify_home
from callcenter.services import staff, tickets
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.polling import until

FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WANG = Person(extension="101", name="王敏")
FIRST, SECOND, THIRD = (f"261120-1-00{serial}" for serial in (1, 2, 3))
EVENTS = 5


@pytest.fixture(autouse=True)
def log(uow_factory: UowFactory, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Three tickets with five events each."""
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("SHOUWEN_HOME", str(settings.home))
    with uow_factory() as uow:
        staff.add_staff(uow, extension="101", name="王敏", role=Role.STAFF, now=FRIDAY)
        uow.commit()
    for number in (FIRST, SECOND, THIRD):
        add_ticket(uow_factory, number)


def add_ticket(uow_factory: UowFactory, number: str) -> None:
    """A ticket from a recording: opened, taken, two notes, waiting."""
    with uow_factory() as uow:
        tickets.open_for_recording(
            uow,
            number=number,
            linkedid=f"c-{number}",
            at=FRIDAY,
            phone="13800138000",
            name="赵",
            wished_reply=None,
        )
        tickets.take(uow, number, WANG, FRIDAY)
        tickets.add_note(uow, number, "打过电话", WANG, FRIDAY)
        tickets.add_note(uow, number, "再打一次", WANG, FRIDAY)
        tickets.wait(uow, number, "等材料", WANG, FRIDAY)
        uow.commit()


def sealed(settings: Settings, uow_factory: UowFactory, at: datetime = FRIDAY) -> None:
    """Write an anchor."""
    assert anchors.write_anchor(settings, uow_factory, at)


def behind_the_back(settings: Settings, *statements: str) -> None:
    """Do what only a superuser can: with triggers and foreign keys asleep."""
    url = make_url(settings.database_url or "").set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def found(settings: Settings) -> set[tuple[FaultKind, str | None, int | None, int | None]]:
    """The faults: kind, ticket, event, anchor."""
    findings = verify_home(settings)
    assert findings.ok == (not findings.faults)
    return {(fault.kind, fault.ticket, fault.seq, fault.anchor) for fault in findings.faults}


def test_an_untouched_log_holds(settings: Settings, uow_factory: UowFactory) -> None:
    sealed(settings, uow_factory)
    add_ticket(uow_factory, "261120-1-004")
    sealed(settings, uow_factory, FRIDAY + timedelta(days=1))
    add_ticket(uow_factory, "261120-1-005")
    findings = verify_home(settings)
    assert findings.faults == []
    assert (findings.tickets, findings.events, findings.anchors) == (5, 25, 2)
    assert findings.sealed_until == FRIDAY + timedelta(days=1)


EVENT = f"WHERE ticket_number = '{SECOND}' AND seq"
Fault = tuple[FaultKind, str | None, int | None, int | None]


@pytest.mark.rule("S50", "H50")
@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (
            [f'UPDATE ticket_event SET data = \'{{"text": "x"}}\' {EVENT} = 3'],
            (FaultKind.CHANGED, SECOND, 3, None),
        ),
        ([f"UPDATE ticket_event SET actor = '102' {EVENT} = 5"], (FaultKind.CHANGED, SECOND, 5, None)),
        (
            [f"UPDATE ticket_event SET at = at + interval '1 us' {EVENT} = 1"],
            (FaultKind.CHANGED, SECOND, 1, None),
        ),
        ([f"DELETE FROM ticket_event {EVENT} = 3"], (FaultKind.MISSING, SECOND, 3, None)),
        (
            [
                f"UPDATE ticket_event SET seq = 9 {EVENT} = 3",
                f"UPDATE ticket_event SET seq = 3 {EVENT} = 4",
                f"UPDATE ticket_event SET seq = 4 {EVENT} = 9",
            ],
            (FaultKind.MOVED, SECOND, 3, None),
        ),
        (
            [
                f"DELETE FROM ticket_event {EVENT} = 5",
                f"UPDATE ticket_event SET ticket_number = '{SECOND}' WHERE ticket_number = '{FIRST}' AND seq = 5",
            ],
            (FaultKind.CHANGED, SECOND, 5, None),
        ),
        ([f"DELETE FROM ticket_event {EVENT} >= 4"], (FaultKind.CUT, SECOND, 4, None)),
        ([f"DELETE FROM ticket_event {EVENT} >= 1"], (FaultKind.EMPTY, SECOND, 1, None)),
        ([f"DELETE FROM ticket WHERE number = '{SECOND}'"], (FaultKind.NO_TICKET, SECOND, None, None)),
        ([f"UPDATE ticket SET version = 4 WHERE number = '{SECOND}'"], (FaultKind.VERSION, SECOND, 5, None)),
        (
            [f"UPDATE ticket SET status = 'closed' WHERE number = '{SECOND}'"],
            (FaultKind.STATUS, SECOND, 5, None),
        ),
    ],
)
def test_what_was_done_is_named(settings: Settings, statements: list[str], fault: Fault) -> None:
    behind_the_back(settings, *statements)
    faults = found(settings)
    assert fault in faults
    assert {ticket for _, ticket, _, _ in faults} <= {FIRST, SECOND}


@pytest.mark.rule("S50")
@pytest.mark.parametrize(
    "statements",
    [
        # the tail is cut and the row made to fit: the chain alone cannot tell
        [
            f"DELETE FROM ticket_event {EVENT} >= 4",
            f"UPDATE ticket SET version = 3, status = 'open' WHERE number = '{SECOND}'",
        ],
        # the whole ticket is gone
        [
            f"DELETE FROM ticket_event {EVENT} >= 1",
            f"DELETE FROM ticket_clock WHERE ticket_number = '{SECOND}'",
            f"DELETE FROM ticket WHERE number = '{SECOND}'",
        ],
    ],
)
def test_only_the_anchor_finds_what_fits_together(
    settings: Settings, uow_factory: UowFactory, statements: list[str]
) -> None:
    sealed(settings, uow_factory)
    add_ticket(uow_factory, "261120-1-004")
    sealed(settings, uow_factory, FRIDAY + timedelta(days=1))
    behind_the_back(settings, *statements)
    assert found(settings) == {(FaultKind.SEALED_EVENTS, SECOND, 5, 1)}
    # what came after a new anchor is no excuse
    sealed(settings, uow_factory, FRIDAY + timedelta(days=2))
    assert found(settings) == {(FaultKind.SEALED_EVENTS, SECOND, 5, 1)}
    anchors.anchor_file(settings).unlink()
    assert found(settings) == set()


def test_a_log_written_anew_from_its_first_event_is_found(
    settings: Settings, uow_factory: UowFactory
) -> None:
    sealed(settings, uow_factory)
    behind_the_back(
        settings,
        f"DELETE FROM ticket_event {EVENT} >= 1",
        f"DELETE FROM ticket_clock WHERE ticket_number = '{SECOND}'",
        f"DELETE FROM ticket WHERE number = '{SECOND}'",
    )
    add_ticket(uow_factory, SECOND)
    faults = found(settings)
    assert {kind for kind, _, _, _ in faults} == {FaultKind.SEALED_EVENTS}


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (
            lambda lines: [lines[0].replace('"events":15', '"events":14'), *lines[1:]],
            FaultKind.ANCHOR_CHANGED,
        ),
        (lambda lines: [lines[0], *lines[2:]], FaultKind.ANCHOR_MISSING),
        (lambda lines: lines[1:], FaultKind.ANCHOR_MISSING),
        (lambda lines: [lines[1], lines[0], lines[2]], FaultKind.ANCHOR_MISSING),
        (lambda lines: [lines[0], "\x00nonsense", lines[2]], FaultKind.ANCHOR_DAMAGED),
    ],
)
def test_a_touched_anchor_file_is_found(
    settings: Settings, uow_factory: UowFactory, damage: Callable[[list[str]], list[str]], fault: FaultKind
) -> None:
    for day in range(3):
        sealed(settings, uow_factory, FRIDAY + timedelta(days=day))
        add_ticket(uow_factory, f"261120-1-01{day}")
    path = anchors.anchor_file(settings)
    path.write_text("".join(f"{line}\n" for line in damage(path.read_text().splitlines())))
    assert fault in {kind for kind, _, _, _ in found(settings)}


def test_the_daily_anchor_is_written_once_by_whoever_comes_first(
    settings: Settings, uow_factory: UowFactory
) -> None:
    start, written = threading.Barrier(3), []

    def seal_it() -> None:
        start.wait()
        written.append(anchors.write_anchor(settings, uow_factory, FRIDAY, only_if_due=True))

    threads = [threading.Thread(target=seal_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [False, False, True]
    assert len(anchors.read_lines(anchors.anchor_file(settings))) == 1
    assert anchors.write_anchor(settings, uow_factory, FRIDAY + timedelta(days=1), only_if_due=True)


def test_an_event_that_is_not_committed_is_waited_for_never_sealed_around(
    settings: Settings, uow_factory: UowFactory
) -> None:
    """An id is given before the commit: the anchor must not close over a hole that fills later."""
    with uow_factory() as slow:
        tickets.add_note(slow, FIRST, "langsam", WANG, FRIDAY)
        add_ticket(uow_factory, "261120-1-004")
        assert not anchors.write_anchor(settings, uow_factory, FRIDAY)
        assert anchors.read_lines(anchors.anchor_file(settings)) == []
        slow.commit()
    sealed(settings, uow_factory)
    assert found(settings) == set()


def test_a_writer_waits_for_the_anchor_no_longer_than_its_lock(
    settings: Settings, uow_factory: UowFactory
) -> None:
    with uow_factory() as slow:
        tickets.add_note(slow, FIRST, "langsam", WANG, FRIDAY)
        attempt = threading.Thread(target=anchors.write_anchor, args=(settings, uow_factory, FRIDAY))
        attempt.start()
        with uow_factory() as uow:
            waits = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND relation = 'ticket_event'::regclass"
            until(lambda: uow.session.scalar(text(waits)))
        began = datetime.now(UTC)
        add_ticket(uow_factory, "261120-1-004")
        assert (datetime.now(UTC) - began).total_seconds() < anchors.WAIT_MS / 1000 + 1
        attempt.join()
        slow.commit()


def test_looking_over_goes_on_while_somebody_writes(settings: Settings, uow_factory: UowFactory) -> None:
    stop = threading.Event()

    def write() -> None:
        serial = 100
        while not stop.is_set():
            add_ticket(uow_factory, f"261120-1-{(serial := serial + 1)}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            anchors.anchor_now(settings, uow_factory)
            assert found(settings) == set()
    finally:
        stop.set()
        writer.join()


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["shouwen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
    uow_factory: UowFactory,
    tmp_path: Path,
) -> None:
    sealed(settings, uow_factory)
    assert run(monkeypatch, "audit", "verify") == 0
    assert capsys.readouterr().out.splitlines() == [
        "checked 3 tickets, 15 events, 1 anchors, the newest of 2026-11-20 02:00 UTC",
        "nothing is changed or missing",
    ]
    elsewhere = tmp_path / "copy.jsonl"
    elsewhere.write_bytes(anchors.anchor_file(settings).read_bytes())
    behind_the_back(
        settings,
        f"DELETE FROM ticket_event {EVENT} = 5",
        f"UPDATE ticket SET version = 4, status = 'open' WHERE number = '{SECOND}'",
    )
    assert run(monkeypatch, "audit", "verify") == 1
    assert f"ticket {SECOND}, event 5, anchor 1: sealed_events_differ" in capsys.readouterr().out
    # the home's own anchors went with it; the copy did not
    anchors.anchor_file(settings).unlink()
    assert run(monkeypatch, "audit", "verify") == 0
    capsys.readouterr()
    assert run(monkeypatch, "audit", "verify", "--json", "--anchors", str(elsewhere)) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["tickets"], document["events"], document["anchors"]) == (False, 3, 14, 1)
    assert [(fault["kind"], fault["ticket"], fault["seq"]) for fault in document["faults"]] == [
        ("sealed_events_differ", SECOND, 5)
    ]
    assert run(monkeypatch, "audit", "verify", "--anchors", str(tmp_path / "nowhere")) == 1
