"""The centre's file of holidays, read again when it changes: a year that arrives is known without a restart."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock

from callcenter.domain.calendar import HolidaySource
from callcenter.domain.policy import RuleBook
from callcenter.own_holidays import FILE, holiday_source
from callcenter.policy_files import on_holidays
from callcenter.toml_table import BadPolicy

log = logging.getLogger(__name__)


class FollowedHolidays:
    """Gives the rules with the holidays that the folder's file says now. A file with a fault changes nothing."""

    def __init__(self, book: RuleBook, library: HolidaySource, folder: Path) -> None:
        """`book` has what the file says at this moment."""
        self._book = book
        self._library = library
        self._folder = folder
        self._stamp = self._look()
        self._one_at_a_time = Lock()

    def __call__(self) -> RuleBook:
        """The same book until the file changes; it costs a look at the folder."""
        with self._one_at_a_time:
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._read()
            return self._book

    def _read(self) -> None:
        try:
            source = holiday_source(self._library, self._folder)
        except BadPolicy as fault:
            for line in fault.faults:
                log.error("the calendar stays as it was: %s", line)
            return
        self._book = on_holidays(self._book, source)
        log.info("%s changed and is in force", FILE)

    def _look(self) -> tuple[int, int] | None:
        try:
            status = (self._folder / FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
