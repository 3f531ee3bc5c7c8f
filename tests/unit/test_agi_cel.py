"""The reader of Asterisk's own record: a real file that grows, is cut, is read again after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agi import cel as cel_module
from agi.ami import Manager
from agi.cel import NOTE, CelReader
from agi.desk import Desk
from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.domain.calls import Call, Outcome, Person, Source
from callcenter.domain.fold import fold_call
from callcenter.settings import Settings
from tests.polling import until


def rows(linkedid: str, *, name: str = "王小明", ended: bool = True, at: float = 1795366000) -> str:
    """An abandoned call to the line, as Asterisk writes it."""
    quoted = name.replace('"', '""')
    row = f'"{{event}}","{{at}}","{linkedid}","{linkedid}","PJSIP/trunk-0","{{context}}","8000","138","{quoted}"'
    row += ',"",""\n'
    found = row.format(event="CHAN_START", at=at, context="shouwen-trunk")
    if ended:
        found += row.format(event="HANGUP", at=at + 5, context="shouwen-arrive")
        found += row.format(event="LINKEDID_END", at=at + 5, context="shouwen-arrive")
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cel_module, "POLL_S", 0.01)
    monkeypatch.setattr(cel_module, "GRACE_S", 0.02)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shouwen.csv"


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8", newline="") as opened:
        opened.write(text)


@contextmanager
def reading(journal: Journal, file: Path) -> Iterator[CelReader]:
    """A desk whose only witness is the file."""
    settings = Settings(home=file.parent)
    calls, routing = LiveCalls(journal), Routing(journal)
    routing.update([Person(extension="101", name="李静")], {})
    manager = Manager("127.0.0.1", 9, "shouwen", lambda: "", lambda event: None)
    numbering = Numbering(journal, 1, settings.zone)
    desk = Desk(
        settings=settings, calls=calls, routing=routing, numbering=numbering, manager=manager, clock=now
    )
    reader = CelReader(desk, journal, file)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


def call(journal: Journal, linkedid: str) -> Call | None:
    """What the journal has of a call, once it ended."""
    found = fold_call(journal.of_call(linkedid))
    return found if found and found.ended_at else None


def ended(journal: Journal, linkedid: str) -> Call:
    """The call as soon as it has ended."""
    found = until(lambda: call(journal, linkedid), what=f"the end of {linkedid}")
    assert found is not None
    return found


def test_a_call_is_rebuilt_once_its_rows_are_whole(journal: Journal, file: Path) -> None:
    whole = rows("1.0", name='王\u2028"小"\n明\x85')
    with reading(journal, file):
        for place in range(0, len(whole), 40):
            append(file, whole[place : place + 40])
        found = ended(journal, "1.0")
        append(file, "nonsense\n" + rows("2.0"))
        ended(journal, "2.0")
    assert found.source is Source.REBUILT
    assert found.outcome is Outcome.ABANDONED
    assert found.caller_name == '王\u2028"小"\n明\x85'


def test_after_a_restart_no_call_is_told_twice(journal: Journal, file: Path) -> None:
    append(file, rows("1.0") + rows("2.0", ended=False))
    with reading(journal, file):
        ended(journal, "1.0")
    before = journal.last_position()
    append(file, rows("2.0").split("\n", 1)[1] + rows("3.0"))
    with reading(journal, file):
        ended(journal, "2.0")
        ended(journal, "3.0")
        until(lambda: journal.note(NOTE) == file.stat().st_size)
    assert journal.last_position() == before + 4
    with reading(journal, file):
        append(file, rows("4.0"))
        ended(journal, "4.0")
    assert journal.last_position() == before + 6


def test_calls_from_before_asterisks_start_are_over(journal: Journal, file: Path) -> None:
    append(file, rows("1.0", ended=False, at=1795366000) + rows("2.0", ended=False, at=1795366100))
    with reading(journal, file) as reader:
        until(lambda: journal.note(NOTE) == 0 or file.exists())
        append(file, rows("3.0"))
        ended(journal, "3.0")  # all three are read
        reader.asterisk_booted(datetime.fromtimestamp(1795366050, UTC))
        cut = ended(journal, "1.0")
        append(file, rows("4.0"))
        ended(journal, "4.0")
    assert cut.outcome is Outcome.FAILED
    assert call(journal, "2.0") is None


def test_a_full_file_is_moved_aside_and_reading_goes_on(
    journal: Journal, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cel_module, "ROTATE_BYTES", 1000)
    with reading(journal, file):
        for number in range(30):
            append(file, rows(f"{number}.0"))
            ended(journal, f"{number}.0")
        until(lambda: journal.note(NOTE) == (file.stat().st_size if file.exists() else 0))
    assert file.with_suffix(".csv.1").exists()


def test_a_file_that_was_cut_is_read_from_its_beginning(journal: Journal, file: Path) -> None:
    append(file, rows("1.0") + rows("2.0"))
    with reading(journal, file):
        ended(journal, "2.0")
        file.write_text(rows("3.0"), "utf-8")
        ended(journal, "3.0")
