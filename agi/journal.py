"""The node's journal: every event of a call on disk before Asterisk goes on, whatever the database does.

SQLite in WAL mode with synchronous FULL. One thread writes; everything that waits at that moment shares one commit.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from agi.errors import JournalUnavailable
from callcenter.domain.calls import CallEvent, Kind

log = logging.getLogger(__name__)

COMMIT_TIMEOUT_S = 2.0
RETRY_S = 0.5
LAZY_S = 0.01
"""How long statements that nobody waits for may wait for company: the thread that wrote them goes on first."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    linkedid TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_linkedid ON event (linkedid);
CREATE TABLE IF NOT EXISTS counter (day TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class _Batch:
    """Statements that share a commit, and the event that tells those who wait for it."""

    __slots__ = ("done", "failed", "statements")

    def __init__(self) -> None:
        self.statements: list[tuple[str, tuple[object, ...]]] = []
        self.done = threading.Event()
        self.failed = False


class Journal:
    """Append-only events, the running numbers of tickets, and small notes (snapshots, positions)."""

    def __init__(self, path: Path) -> None:
        """Open or create; raises JournalUnavailable."""
        self._path = path
        try:
            self._open()
        except sqlite3.OperationalError as error:
            raise JournalUnavailable(f"the journal cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            # damaged: calls go on with a new one, and what the old one holds stays for whoever can read it
            log.exception("the journal is damaged and put aside")
            self._put_aside(error)
        self._read_lock = threading.Lock()
        self._lock = threading.Lock()
        self._pending = _Batch()
        self._work = threading.Event()
        self._urgent = threading.Event()
        self._stopping = False
        self.appended = threading.Event()
        """Set after each commit; the drainer waits for it and clears it."""
        self.healthy = True
        self.unwritten = 0
        """Statements kept in memory because the disk did not take them."""
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        self._connection = self._connect()
        self._connection.executescript(_SCHEMA)
        self._reader = self._connect()

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        try:
            for ending in ("", "-wal", "-shm"):
                part = self._path.with_name(self._path.name + ending)
                if part.exists():
                    part.rename(self._path.with_name(f"{self._path.name}.damaged-{stamp}{ending}"))
            self._open()
        except (OSError, sqlite3.Error) as again:
            raise JournalUnavailable(f"the journal cannot be opened: {error}") from again

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=2000")
        return connection

    def append(self, event: CallEvent, *, wait: bool = True) -> None:
        """Write one event; returns when it is on disk.

        Raises JournalUnavailable when that takes over 2 s; the event is kept in memory and tried again.
        """
        data = json.dumps(dict(event.data), ensure_ascii=False, separators=(",", ":"))
        row = (event.linkedid, event.at.isoformat(), str(event.kind), data)
        self._submit("INSERT INTO event (linkedid, at, kind, data) VALUES (?, ?, ?, ?)", row, wait=wait)

    def save_counter(self, day: str, last: int) -> None:
        """Remember the running number of a day; on disk with the next commit."""
        sql = "INSERT INTO counter VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET last = max(last, excluded.last)"
        self._submit(sql, (day, last), wait=False)

    def counter(self, day: str) -> int:
        """The last running number of that day, 0 when there is none."""
        with self._read_lock:
            row = self._reader.execute("SELECT last FROM counter WHERE day = ?", (day,)).fetchone()
        return int(row[0]) if row else 0

    def save_note(self, name: str, value: object) -> None:
        """Keep a small JSON value under a name."""
        sql = "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        self._submit(sql, (name, json.dumps(value, ensure_ascii=False)), wait=False)

    def note(self, name: str) -> object:
        """The JSON value kept under that name, or None."""
        with self._read_lock:
            row = self._reader.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def read(self, after: int, limit: int) -> list[tuple[int, CallEvent]]:
        """Events behind a position, in order."""
        sql = "SELECT position, linkedid, at, kind, data FROM event WHERE position > ? ORDER BY position LIMIT ?"
        with self._read_lock:
            rows = self._reader.execute(sql, (after, limit)).fetchall()
        return [(row[0], _event(row[1:])) for row in rows]

    def of_call(self, linkedid: str) -> list[CallEvent]:
        """All events of one call, in order."""
        sql = "SELECT linkedid, at, kind, data FROM event WHERE linkedid = ? ORDER BY position"
        with self._read_lock:
            return [_event(row) for row in self._reader.execute(sql, (linkedid,)).fetchall()]

    def unfinished(self) -> list[str]:
        """The calls without an end."""
        sql = "SELECT linkedid FROM event GROUP BY linkedid HAVING sum(kind = 'arrived') AND NOT sum(kind = 'ended')"
        with self._read_lock:
            return [row[0] for row in self._reader.execute(sql).fetchall()]

    def last_position(self) -> int:
        """Position of the newest event on disk, 0 when there is none."""
        with self._read_lock:
            row = self._reader.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()
        return int(row[0])

    def used_up_to(self) -> int:
        """The greatest position ever given out, whether or not its event is still kept."""
        with self._read_lock:
            row = self._reader.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        return int(row[0]) if row else 0

    def at_position(self, position: int) -> CallEvent | None:
        """The event at that place, None when it is forgotten or was never written."""
        found = self.read(position - 1, 1)
        return found[0][1] if found and found[0][0] == position else None

    def continue_from(self, position: int) -> None:
        """Move every event behind `position`, and the next ones too: this journal is new and the database is not.

        Events written before anyone could ask the database have positions that it takes for applied ones.
        """
        statements = (
            # by way of negative numbers: no position may meet one that is still taken
            ("UPDATE event SET position = -position", ()),
            ("UPDATE event SET position = ? - position", (position,)),
            ("DELETE FROM sqlite_sequence WHERE name = 'event'", ()),
            (
                "INSERT INTO sqlite_sequence SELECT 'event', max(?, coalesce(max(position), 0)) FROM event",
                (position,),
            ),
        )
        self._submit_all(statements, wait=True)

    def prune(self, applied: int, before: datetime) -> None:
        """Forget events that the database has and that are older than an instant."""
        self._submit(
            "DELETE FROM event WHERE position <= ? AND at < ?", (applied, before.isoformat()), wait=False
        )

    def close(self) -> None:
        """Write what waits and close."""
        self._stopping = True
        self._urgent.set()
        self._work.set()
        self._thread.join(COMMIT_TIMEOUT_S * 2)
        self._connection.close()
        with self._read_lock, closing(self._reader):
            pass

    def _submit(self, sql: str, row: tuple[object, ...], *, wait: bool) -> None:
        self._submit_all([(sql, row)], wait=wait)

    def _submit_all(self, statements: Sequence[tuple[str, tuple[object, ...]]], *, wait: bool) -> None:
        with self._lock:
            batch = self._pending
            batch.statements.extend(statements)
        if wait:
            self._urgent.set()
        self._work.set()
        # a disk that just failed is not waited for: whoever is on the phone comes first
        if wait and (not self.healthy or not batch.done.wait(COMMIT_TIMEOUT_S) or batch.failed):
            raise JournalUnavailable

    def _write(self) -> None:
        carried: list[tuple[str, tuple[object, ...]]] = []
        while True:
            self._work.wait(RETRY_S if carried else None)
            self._urgent.wait(LAZY_S)
            self._urgent.clear()
            self._work.clear()
            with self._lock:
                batch, self._pending = self._pending, _Batch()
            statements = [*carried, *batch.statements]
            if statements:
                try:
                    self._commit(statements)
                    carried = []
                except sqlite3.Error:
                    if self.healthy:
                        log.exception(
                            "the journal cannot be written; events are kept in memory and tried again"
                        )
                    carried, batch.failed = statements, True
                self.healthy, self.unwritten = not batch.failed, len(carried)
                batch.done.set()
                self.appended.set()
            if self._stopping and not self._pending.statements:
                return

    def _commit(self, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, row in statements:
                try:
                    connection.execute(sql, row)
                except (sqlite3.InterfaceError, sqlite3.ProgrammingError, ValueError, OverflowError):
                    # no disk's fault and no better the next time: it must not hold up all others
                    log.exception("a statement that can never be written is left out")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _event(row: tuple[str, str, str, str]) -> CallEvent:
    linkedid, at, kind, data = row
    return CallEvent(linkedid=linkedid, at=datetime.fromisoformat(at), kind=Kind(kind), data=json.loads(data))
