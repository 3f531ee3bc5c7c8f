"""What one web process holds: settings, the way to the database, languages, health."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import HTMLResponse

from callcenter.db.deadline import DatabaseUnavailable
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.periods import Period
from callcenter.domain.policy import RuleBook, Rules
from callcenter.settings import Settings
from web.health import Health
from web.i18n import Speech
from web.proposing import Asking
from web.rendering import Renderer

SHORT = timedelta(days=8)
"""Up to such a length a report is as quick as any page, and as quick to say that the database is away."""
WorkFactory = Callable[[], AbstractContextManager[SqlUnitOfWork]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Built once by `web.app.create_app`; kept as `app.state.console`."""

    settings: Settings
    open_work: WorkFactory
    rulebook: RuleBook
    clock: Callable[[], datetime]
    speeches: Mapping[str, Speech]
    renderer: Renderer
    health: Health
    open_report: WorkFactory
    """As `open_work`, with the time that counting over a long period takes."""
    asking: Asking | None = None
    """The local model that reads messages for the form; None: rules alone."""

    @property
    def rules(self) -> Rules:
        """The policy of new tickets, with its calendar."""
        return self.rulebook.of(self.rulebook.default)

    @contextmanager
    def work(self) -> Iterator[SqlUnitOfWork]:
        """A unit of work; while the database is known to be down it fails at once, not in two seconds."""
        if not self.health.database_is_up:
            raise DatabaseUnavailable
        with self.open_work() as work:
            yield work

    @contextmanager
    def report_work(self) -> Iterator[SqlUnitOfWork]:
        """A unit of work that may count for long; fails at once while the database is known to be down."""
        if not self.health.database_is_up:
            raise DatabaseUnavailable
        with self.open_report() as work:
            yield work

    def work_over(self, period: Period | None) -> AbstractContextManager[SqlUnitOfWork]:
        """A unit of work that reads a period: with the time of a report if it is a long one."""
        is_long = period is not None and period.end - period.start > SHORT
        return self.report_work() if is_long else self.work()

    def page(self, template: str, say: Speech, values: Mapping[str, Any]) -> HTMLResponse:
        """A rendered page."""
        return HTMLResponse(self.renderer.render(template, say, values))
