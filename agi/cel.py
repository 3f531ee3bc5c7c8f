"""Reads Asterisk's own record (CEL in a CSV file) behind the calls, and writes down what the desk missed."""

from __future__ import annotations

import csv
import io
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agi.desk import Desk
from agi.journal import Journal
from agi.rebuild import CelRow, missing_events
from agi.sound import seconds
from callcenter.domain.calls import Kind

log = logging.getLogger(__name__)

NOTE = "cel_offset"
POLL_S = 0.5
GRACE_S = 2.0
"""How long after a call's last CEL row the desk's own events may still come."""
ROTATE_BYTES = 20_000_000
FIELDS = 11


class CelReader:
    """One thread that follows the file; the journal remembers how far."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        path: Path,
        *,
        settle: Callable[[str, Sequence[CelRow]], None] = lambda linkedid, rows: None,
    ) -> None:
        """Nothing is read before `start`. `settle` is given each call that is over too: we may have placed it."""
        self._settle_placed = settle
        self._desk = desk
        self._journal = journal
        self._path = path
        offset = journal.note(NOTE)
        self._offset = self._noted = offset if isinstance(offset, int) else 0
        self._open: dict[str, list[CelRow]] = defaultdict(list)
        self._begins: dict[str, int] = {}
        """Where in the file each call not yet compared begins, or somewhat before."""
        self._ended: list[tuple[float, str]] = []
        self._booted_at: datetime | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cel", daemon=True)

    def start(self) -> None:
        """Begin where the last run stopped."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join(5)

    def asterisk_booted(self, at: datetime) -> None:
        """Asterisk started at that instant: earlier calls are over, and its record will never say so."""
        self._booted_at = at

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self._read()
                self._settle()
                self._rotate()
            except Exception:
                log.exception("Asterisk's record of calls could not be read; trying again")

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                if self._offset > file.seek(0, 2):
                    self._offset = 0  # a new file
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        begin, whole = self._offset, data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for fields in csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline="")):
            row = parse(fields)
            if row is None:
                continue
            if row.event == "LINKEDID_END":
                self._ended.append((time.monotonic() + GRACE_S, row.linkedid))
            else:
                self._begins.setdefault(row.linkedid, begin)
                self._open[row.linkedid].append(row)

    def _settle(self) -> None:
        """Compare calls that ended a moment ago with what the desk wrote down."""
        moment = time.monotonic()
        self._end_cut_calls(moment)
        due = [linkedid for at, linkedid in self._ended if at <= moment]
        self._ended = [(at, linkedid) for at, linkedid in self._ended if at > moment]
        for linkedid in due:
            rows = self._open.pop(linkedid, [])
            if rows:
                self._compare(linkedid, rows)
            self._begins.pop(linkedid, None)
        # rows of a call that is not compared yet are read again after a restart
        done = min(self._begins.values(), default=self._offset)
        if done != self._noted:
            self._journal.save_note(NOTE, done)
            self._noted = done

    def _end_cut_calls(self, moment: float) -> None:
        booted_at, self._booted_at = self._booted_at, None
        if booted_at is None:
            return
        ending = {linkedid for _, linkedid in self._ended}
        for linkedid, rows in self._open.items():
            if rows[-1].at < booted_at and linkedid not in ending:
                self._ended.append((moment + GRACE_S, linkedid))

    def _compare(self, linkedid: str, rows: list[CelRow]) -> None:
        self._settle_placed(linkedid, rows)
        desk = self._desk
        live = desk.calls.known(linkedid)
        known = live.events if live else self._journal.of_call(linkedid)
        found = missing_events(
            rows,
            known,
            person=desk.routing.person,
            ticket=desk.numbering.next,
            language=desk.settings.language_of,
            ring_timeout=timedelta(seconds=desk.settings.ring_timeout_s),
        )
        if found:
            log.info("a call the desk missed is rebuilt", extra={"linkedid": linkedid})
        for event in found:
            if event.kind is Kind.RECORDING_ENDED:
                length = seconds(desk.settings.recordings / str(event.data["path"]))
                event = replace(event, data={**event.data, "seconds": length})
            desk.calls.write(event)

    def _rotate(self) -> None:
        """Asterisk opens the file anew for each row: a full one is moved aside once it is read."""
        if self._offset > ROTATE_BYTES and not self._open and not self._ended:
            aside = self._path.with_suffix(".csv.1")
            self._path.replace(aside)
            self._read_rest(aside)
            self._offset = self._noted = 0
            self._journal.save_note(NOTE, 0)

    def _read_rest(self, aside: Path) -> None:
        """What Asterisk wrote between our last look and the move."""
        path, self._path = self._path, aside
        try:
            self._read()
        finally:
            self._path = path
        self._begins = dict.fromkeys(self._begins, 0)


def parse(fields: list[str]) -> CelRow | None:
    """One line of the file; None for what is no row of ours."""
    if len(fields) != FIELDS:
        return None
    try:
        at = datetime.fromtimestamp(float(fields[1]), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return CelRow(
        event=fields[0],
        at=at,
        linkedid=fields[2],
        uniqueid=fields[3],
        channel=fields[4],
        context=fields[5],
        exten=fields[6],
        caller=fields[7],
        caller_name=fields[8],
        user_type=fields[9],
        extra=_extra(fields[10]),
    )


def _extra(text: str) -> str:
    """`{"extra": "…"}` of a user-defined event."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return ""
    return str(value.get("extra", "")) if isinstance(value, dict) else ""
