"""The calls in progress: in memory first, on disk when it is said, read back after a restart."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agi import journal as journal_module
from agi import live as live_module
from agi.journal import Journal
from agi.live import LiveCalls
from callcenter.domain.calls import Kind, Outcome


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


@pytest.fixture
def calls(journal: Journal) -> LiveCalls:
    return LiveCalls(journal)


def arrive(calls: LiveCalls, linkedid: str = "1.1") -> None:
    calls.arrive(linkedid)
    calls.record(linkedid, Kind.ARRIVED, line="8000", caller="1", caller_name=None)


def test_what_is_recorded_is_in_memory_and_on_disk(calls: LiveCalls, journal: Journal) -> None:
    arrive(calls)
    calls.record("1.1", Kind.RINGING, extension="101", wait=False)
    calls.record("1.1", Kind.ENDED)
    live = calls.get("1.1")
    assert [event.kind for event in live.events] == [Kind.ARRIVED, Kind.RINGING, Kind.ENDED]
    assert journal.of_call("1.1") == live.events
    assert live.call is not None
    assert live.call.outcome is Outcome.ABANDONED


def test_a_call_from_before_a_restart_is_read_back(calls: LiveCalls, journal: Journal) -> None:
    arrive(calls)
    after = LiveCalls(journal)
    assert after.known("1.1") is None
    after.record("1.1", Kind.ENDED)
    assert [event.kind for event in after.get("1.1").events] == [Kind.ARRIVED, Kind.ENDED]
    assert after.in_progress() == 0


def test_an_unknown_call_has_no_record(calls: LiveCalls) -> None:
    assert calls.known("9.9") is None
    assert calls.get("9.9").call is None


def test_unfinished_are_those_in_memory_and_those_on_disk(calls: LiveCalls, journal: Journal) -> None:
    arrive(calls, "1.1")
    arrive(calls, "1.2")
    calls.record("1.2", Kind.ENDED)
    after = LiveCalls(journal)
    arrive(after, "1.3")
    assert after.unfinished() == ["1.1", "1.3"]
    assert after.in_progress() == 1


def test_ended_calls_are_forgotten_later(calls: LiveCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(calls, "1.1")
    arrive(calls, "1.2")
    calls.record("1.2", Kind.ENDED)
    calls.forget_ended()
    assert calls.known("1.2") is not None
    monkeypatch.setattr(live_module, "KEEP_S", -1.0)
    calls.forget_ended()
    assert calls.known("1.2") is None
    assert calls.known("1.1") is not None


def test_who_waits_for_an_event_is_woken(calls: LiveCalls) -> None:
    arrive(calls)
    live = calls.get("1.1")
    timer = threading.Timer(0.05, lambda: calls.record("1.1", Kind.ANSWERED, extension="101", name="李静"))
    timer.start()
    assert live.wait_for(lambda call: call.last(Kind.ANSWERED) is not None, 5)
    assert not live.wait_for(lambda call: call.last(Kind.ENDED) is not None, 0.01)
    timer.join()


def test_a_disk_that_does_not_write_holds_nobody_up_for_long(
    calls: LiveCalls, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "COMMIT_TIMEOUT_S", 0.1)
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    arrive(calls)
    calls.record("1.1", Kind.ENDED)
    assert time.monotonic() - began < 2
    assert calls.get("1.1").call is not None
    locker.execute("ROLLBACK")
    locker.close()


def test_times_are_aware_and_utc() -> None:
    assert live_module.now().tzinfo is UTC
    assert abs(live_module.now().timestamp() - datetime.now(UTC).timestamp()) < 5
