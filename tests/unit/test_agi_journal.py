"""The journal on a real disk: what is on it when, and what happens while it cannot be written."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agi import journal as journal_module
from agi.errors import JournalUnavailable
from agi.journal import Journal
from callcenter.domain.calls import CallEvent, Kind
from tests.polling import until

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def event(linkedid: str = "1.1", kind: Kind = Kind.ARRIVED, after_s: float = 0, **data: str) -> CallEvent:
    return CallEvent(linkedid=linkedid, at=START + timedelta(seconds=after_s), kind=kind, data=data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after a moment instead of two seconds."""
    monkeypatch.setattr(journal_module, "COMMIT_TIMEOUT_S", 0.2)
    monkeypatch.setattr(journal_module, "RETRY_S", 0.05)


def on_disk(path: Path) -> list[tuple[int, str]]:
    """What another process would find."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT position, linkedid FROM event ORDER BY position").fetchall()
    connection.close()
    return rows


def lock(path: Path) -> sqlite3.Connection:
    """Hold the only place of a writer, as a backup or a curious operator may."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_an_event_is_on_disk_when_append_returns(journal: Journal, path: Path) -> None:
    for number in range(20):
        journal.append(event(f"1.{number}"))
        assert on_disk(path)[-1] == (number + 1, f"1.{number}")


def test_every_value_comes_back_as_it_was(journal: Journal) -> None:
    told = CallEvent(
        linkedid="1.1",
        at=START.replace(microsecond=123456),
        kind=Kind.ARRIVED,
        data={"name": '王"小\\明\u2028😀\n', "none": None, "yes": True, "seconds": 1.25, "count": 7},
    )
    journal.append(told)
    assert journal.read(0, 10) == [(1, told)]
    assert journal.of_call("1.1") == [told]
    assert journal.at_position(1) == told
    assert journal.at_position(2) is None


def test_those_who_come_together_share_a_commit_and_lose_nothing(journal: Journal, path: Path) -> None:
    def append(caller: int) -> None:
        for number in range(25):
            journal.append(event(f"{caller}.{number}"))

    threads = [threading.Thread(target=append, args=(caller,)) for caller in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = on_disk(path)
    assert [position for position, _ in rows] == list(range(1, 301))
    for caller in range(12):
        own = [linkedid for _, linkedid in rows if linkedid.startswith(f"{caller}.")]
        assert own == [f"{caller}.{number}" for number in range(25)]


def test_reopened_it_goes_on_where_it_was(path: Path) -> None:
    first = Journal(path)
    first.append(event("1.1"))
    first.save_counter("261120", 7)
    first.save_note("staff", {"101": "李静"})
    first.append(event("1.2"), wait=False)
    first.close()
    second = Journal(path)
    assert second.last_position() == 2
    assert second.counter("261120") == 7
    assert second.counter("261121") == 0
    assert second.note("staff") == {"101": "李静"}
    assert second.note("nothing") is None
    second.append(event("1.3"))
    assert on_disk(path)[-1] == (3, "1.3")
    second.close()


def test_a_counter_never_goes_back(journal: Journal) -> None:
    journal.save_counter("261120", 7)
    journal.save_counter("261120", 5)
    journal.append(event())
    assert journal.counter("261120") == 7


@pytest.mark.usefixtures("quick")
def test_what_a_locked_disk_refuses_is_kept_and_written_later(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path)
    journal._connection.execute("PRAGMA busy_timeout=50")
    journal.append(event("1.1"))
    locker = lock(path)
    for number in (2, 3):
        with pytest.raises(JournalUnavailable):
            journal.append(event(f"1.{number}", caller="13800138000"))
    until(lambda: journal.unwritten >= 2)
    assert not journal.healthy
    locker.execute("ROLLBACK")
    locker.close()
    until(lambda: on_disk(path) == [(1, "1.1"), (2, "1.2"), (3, "1.3")])
    until(lambda: journal.healthy)
    assert journal.unwritten == 0
    journal.append(event("1.4"))
    assert on_disk(path)[-1] == (4, "1.4")
    journal.close()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "13800138000" not in caplog.text


@pytest.mark.usefixtures("quick")
def test_a_full_disk_is_waited_for(path: Path) -> None:
    journal = Journal(path)
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(JournalUnavailable):
        journal.append(event("1.1", words="x" * 100_000))
    assert not journal.healthy
    assert on_disk(path) == []
    journal._connection.execute("PRAGMA max_page_count=1000000")
    until(lambda: on_disk(path) == [(1, "1.1")])
    until(lambda: journal.healthy)
    journal.close()


def test_what_can_never_be_written_does_not_stand_in_the_way(journal: Journal, path: Path) -> None:
    journal.append(event("1.1"))
    journal.append(event("1.2", name="\ud800"), wait=False)
    journal.append(event("1.3"))
    assert [linkedid for _, linkedid in on_disk(path)] == ["1.1", "1.3"]


def test_a_damaged_file_is_put_aside_and_calls_go_on(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever it was once " * 100)
    journal = Journal(path)
    journal.append(event("1.1"))
    assert on_disk(path) == [(1, "1.1")]
    [aside] = path.parent.glob("journal.db.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")
    journal.close()


def test_a_folder_in_its_place_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(JournalUnavailable):
        Journal(path)


def test_a_new_journal_beside_an_old_database_moves_behind_it(journal: Journal, path: Path) -> None:
    journal.append(event("1.1"))
    journal.append(event("1.2"))
    journal.continue_from(1)
    assert on_disk(path) == [(2, "1.1"), (3, "1.2")]
    journal.append(event("1.3"))
    assert on_disk(path)[-1] == (4, "1.3")
    assert journal.used_up_to() == 4


def test_an_empty_journal_moves_too_and_keeps_its_place_when_reopened(path: Path) -> None:
    first = Journal(path)
    first.continue_from(1000)
    first.close()
    second = Journal(path)
    assert second.used_up_to() == 1000
    assert second.last_position() == 0
    second.append(event("1.1"))
    assert on_disk(path) == [(1001, "1.1")]
    second.close()


def test_pruning_forgets_only_what_is_applied_and_old(journal: Journal, path: Path) -> None:
    for number in range(1, 6):
        journal.append(event(f"1.{number}", after_s=number))
    journal.prune(3, START + timedelta(seconds=3))
    journal.append(event("1.6"))
    assert [position for position, _ in on_disk(path)] == [3, 4, 5, 6]
    journal.prune(6, START + timedelta(days=1))
    journal.append(event("1.7"))
    assert on_disk(path) == [(7, "1.7")]


def test_calls_without_an_end(journal: Journal) -> None:
    journal.append(event("1.1"))
    journal.append(event("1.2"))
    journal.append(event("1.2", Kind.ENDED, 5))
    journal.append(event("1.3", Kind.RINGING))
    assert journal.unfinished() == ["1.1"]
