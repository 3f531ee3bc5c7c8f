"""Due times as the contract's JSON, one or a stream of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from callcenter.domain.clocks import LedgerDay, Limit, due_time
from callcenter.domain.policy import Rules
from callcenter.errors import ShouwenError


class BadInstant(ShouwenError):
    """This is not an instant of ISO 8601, such as 2026-11-20T10:00:00+08:00."""


class DeadlineWriter:
    """Writes due times of one clock. Times are in the policy's zone, and so is an instant without offset."""

    def __init__(self, rules: Rules, limit: Limit) -> None:
        self._calendar = rules.calendar
        self._zone = rules.policy.zone
        self._limit = limit

    def line(self, instant: str) -> str:
        """The due time of a limit that starts at `instant`, as JSON; raises BadInstant and NoDueTime."""
        try:
            start = datetime.fromisoformat(instant.strip())
        except ValueError as error:
            raise BadInstant(f"{instant.strip()!r} is no instant of ISO 8601: {error}") from error
        if start.tzinfo is None:
            start = start.replace(tzinfo=self._zone)
        due = due_time(self._limit, start, self._calendar)
        due_at = due.due_at.astimezone(self._zone).isoformat()
        calendar = "provisional" if due.provisional else "published"
        return f'{{"due_at": "{due_at}", "calendar": "{calendar}", "ledger": {_ledger_json(due.ledger)}}}'

    def lines(self, chunks: Iterable[bytes]) -> Iterator[tuple[str, bool]]:
        """For each chunk of input the output of the lines that it completes, and whether one of them was bad.

        A bad line gives `{"error": …}` in its place, so that both keep step; blank lines give nothing.
        """
        rest = b""
        for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            if whole:
                yield self._many(whole)
        if rest.strip():
            yield self._many([rest])

    def _many(self, instants: list[bytes]) -> tuple[str, bool]:
        written: list[str] = []
        failed = False
        for instant in instants:
            if not instant.strip():
                continue
            try:
                written.append(self.line(instant.decode(errors="replace")))
            except ShouwenError as error:
                written.append(json.dumps({"error": str(error)}, ensure_ascii=False))
                failed = True
        return "".join(f"{line}\n" for line in written), failed


@lru_cache(maxsize=4096)
def _ledger_json(ledger: tuple[LedgerDay, ...]) -> str:
    days = [{"day": day.day.isoformat(), "kind": day.kind, "counted": day.counted} for day in ledger]
    return json.dumps(days)
