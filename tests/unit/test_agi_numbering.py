"""Ticket numbers: by the centre's day, from the journal, behind whatever the database knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agi.journal import Journal
from agi.numbering import Numbering

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def test_the_day_turns_at_the_centres_midnight(journal: Journal) -> None:
    numbering = Numbering(journal, 1, SHANGHAI)
    # 15:59:59 and 16:00:00 UTC are 23:59:59 and 00:00:00 in Shanghai
    assert numbering.next(datetime(2026, 11, 20, 15, 59, 59, 999999, tzinfo=UTC)) == "261120-1-001"
    assert numbering.next(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == "261121-1-001"


def test_a_day_taken_up_again_goes_on_at_once(journal: Journal) -> None:
    numbering = Numbering(journal, 1, SHANGHAI)
    late = datetime(2026, 11, 20, 23, 59, tzinfo=SHANGHAI)
    early = datetime(2026, 11, 21, 0, 1, tzinfo=SHANGHAI)
    drawn = [numbering.next(at) for at in (late, early, late, early, late)]
    assert drawn == ["261120-1-001", "261121-1-001", "261120-1-002", "261121-1-002", "261120-1-003"]


@pytest.mark.parametrize(
    ("kept", "known", "following"), [(0, 0, 1), (7, 3, 8), (3, 7, 8), (7, 7, 8), (0, 998, 999)]
)
def test_the_greater_of_journal_and_database_plus_one(
    journal: Journal, kept: int, known: int, following: int
) -> None:
    journal.save_counter("261120", kept)
    journal.continue_from(0)  # whatever waited is on disk now
    numbering = Numbering(journal, 1, SHANGHAI)
    numbering.at_least("261120", known)
    assert numbering.next(MORNING) == f"261120-1-{following:03}"


def test_the_database_speaks_up_late(journal: Journal) -> None:
    numbering = Numbering(journal, 1, SHANGHAI)
    assert numbering.next(MORNING) == "261120-1-001"
    numbering.at_least("261120", 40)
    assert numbering.next(MORNING) == "261120-1-041"
    numbering.at_least("261120", 2)
    assert numbering.next(MORNING) == "261120-1-042"


def test_more_than_three_digits(journal: Journal) -> None:
    numbering = Numbering(journal, 12, SHANGHAI)
    numbering.at_least("261120", 999)
    assert numbering.next(MORNING) == "261120-12-1000"


def test_a_restart_never_gives_a_number_twice(tmp_path: Path) -> None:
    for first in (1, 4, 7):
        journal = Journal(tmp_path / "journal.db")
        numbering = Numbering(journal, 1, SHANGHAI)
        drawn = [numbering.next(MORNING) for _ in range(3)]
        assert drawn == [f"261120-1-{first + step:03}" for step in range(3)]
        journal.close()


def test_a_hundred_callers_at_once_have_a_hundred_numbers(journal: Journal) -> None:
    numbering = Numbering(journal, 1, SHANGHAI)
    drawn: list[str] = []
    threads = [
        threading.Thread(target=lambda: drawn.extend(numbering.next(MORNING) for _ in range(10)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == [f"261120-1-{serial:03}" for serial in range(1, 101)]
