"""The unit of work: one transaction with its repositories, its deadline and its notifications."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import sqlalchemy.exc
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from callcenter.db.accounts import AccountRepository
from callcenter.db.deadline import WATCHDOG, DatabaseUnavailable, Watch, is_unavailable, translated
from callcenter.db.engine import WatchedConnection
from callcenter.db.policies import PolicyRepository
from callcenter.db.staff import StaffRepository
from callcenter.db.ticket_queries import TicketRepository
from callcenter.domain.policy import RuleBook
from callcenter.services.ports import Passwords

if TYPE_CHECKING:
    from callcenter.db.absences import AbsenceRepository
    from callcenter.db.access import AccessRepository
    from callcenter.db.analysis import AnalysisRepository
    from callcenter.db.attachments import AttachmentRepository
    from callcenter.db.audit import AuditRepository
    from callcenter.db.call_backs import CallBackRepository
    from callcenter.db.call_reports import CallReportRepository
    from callcenter.db.caller_languages import CallerLanguageRepository
    from callcenter.db.calls import CallRepository
    from callcenter.db.opinions import OpinionRepository
    from callcenter.db.own_days import OwnDayRepository
    from callcenter.db.own_prompts import OwnPromptRepository
    from callcenter.db.reminders import ReminderRepository
    from callcenter.db.service_account import ServiceAccountRepository
    from callcenter.db.supervision import SupervisionRepository
    from callcenter.db.today import TodayRepository
    from callcenter.db.transcript_queries import TranscriptRepository
    from callcenter.db.typed_handoffs import TypedHandoffRepository

_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(cast(:payloads AS text[])) AS payload")


class SqlUnitOfWork:
    """`with SqlUnitOfWork(…) as uow: …; uow.commit()`; without the commit everything is undone.

    All of it, waiting for a connection too, ends within `deadline_s`; if it cannot, DatabaseUnavailable is
    raised: on entering, by `commit`, or on leaving when the body failed for want of the database.
    """

    def __init__(self, engine: Engine, *, rules: RuleBook, passwords: Passwords, deadline_s: float) -> None:
        self._book = rules
        self._rules: RuleBook | None = None
        self.passwords = passwords
        self._engine = engine
        self._deadline_s = deadline_s
        self._connection: Connection | None = None
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        until = time.monotonic() + self._deadline_s
        with translated():
            self._connection = connection = self._engine.connect()
        raw = cast(WatchedConnection, connection.connection.dbapi_connection)
        self._watch = WATCHDOG.watch(raw.pgconn.socket, until)
        self.session = Session(bind=connection, expire_on_commit=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with translated():
                try:
                    self.session.close()
                finally:
                    self._close()
        except DatabaseUnavailable:
            if error is None:
                raise
        if is_unavailable(error):
            raise DatabaseUnavailable from error

    def _close(self) -> None:
        connection, watch = self._connection, self._watch
        if connection is None or watch is None:
            return
        self._connection = self._watch = None
        try:
            connection.rollback()
        except sqlalchemy.exc.DBAPIError:
            with suppress(sqlalchemy.exc.DBAPIError):
                connection.invalidate()
            raise
        finally:
            # The guard ends before another can have the connection; by then nothing is left to wait for.
            watch.finish()
            connection.close()

    def commit(self) -> None:
        """Make everything so far durable. After DatabaseUnavailable it is unknown whether it is."""
        with translated():
            self.session.commit()
        if "policies" in self.__dict__:
            self.policies.committed()
        if "own_days" in self.__dict__:
            self.own_days.committed()

    def flush(self) -> None:
        """Send what is pending, so that constraints speak now."""
        with translated():
            self.session.flush()

    def notify(self, channel: str, *payloads: str) -> None:
        """Tell the listeners of `channel`, once this transaction is committed."""
        self.session.execute(_NOTIFY, {"channel": channel, "payloads": list(payloads)})

    @property
    def rules(self) -> RuleBook:
        """The policies with the centre's own days in their calendars: the same for the whole transaction."""
        if self._rules is None:
            self._rules = self.own_days.rules(self._book)
        return self._rules

    @rules.setter
    def rules(self, book: RuleBook) -> None:
        """Work with these instead."""
        self._rules = book

    @cached_property
    def own_days(self) -> OwnDayRepository:
        """The centre's own days."""
        from callcenter.db.own_days import OwnDayRepository

        return OwnDayRepository(self.session, self._engine)

    @cached_property
    def own_prompts(self) -> OwnPromptRepository:
        """Own recordings of prompts."""
        from callcenter.db.own_prompts import OwnPromptRepository

        return OwnPromptRepository(self.session)

    @cached_property
    def today(self) -> TodayRepository:
        """What a person has to do."""
        from callcenter.db.today import TodayRepository

        return TodayRepository(self.session)

    @cached_property
    def tickets(self) -> TicketRepository:
        """Tickets with their log and clocks."""
        return TicketRepository(self.session)

    @cached_property
    def policies(self) -> PolicyRepository:
        """Versions of policies."""
        return PolicyRepository(self.session, self._engine)

    @cached_property
    def staff(self) -> StaffRepository:
        """Staff and their phones."""
        return StaffRepository(self.session)

    @cached_property
    def accounts(self) -> AccountRepository:
        """Logins and tokens."""
        return AccountRepository(self.session)

    @cached_property
    def calls(self) -> CallRepository:
        """Calls, their events and handoffs."""
        from callcenter.db.calls import CallRepository

        return CallRepository(self.session)

    @cached_property
    def transcripts(self) -> TranscriptRepository:
        """Transcripts of recordings."""
        from callcenter.db.transcript_queries import TranscriptRepository

        return TranscriptRepository(self.session)

    @cached_property
    def audit(self) -> AuditRepository:
        """The log of all tickets, to be looked over."""
        from callcenter.db.audit import AuditRepository

        return AuditRepository(self.session)

    @cached_property
    def accesses(self) -> AccessRepository:
        """Who saw which personal data."""
        from callcenter.db.access import AccessRepository

        return AccessRepository(self.session)

    @cached_property
    def call_reports(self) -> CallReportRepository:
        """Counts over calls and tickets."""
        from callcenter.db.call_reports import CallReportRepository

        return CallReportRepository(self.session)

    @cached_property
    def call_backs(self) -> CallBackRepository:
        """Attempts to call somebody back."""
        from callcenter.db.call_backs import CallBackRepository

        return CallBackRepository(self.session)

    @cached_property
    def typed_handoffs(self) -> TypedHandoffRepository:
        """Handoffs with a typed briefing."""
        from callcenter.db.typed_handoffs import TypedHandoffRepository

        return TypedHandoffRepository(self.session)

    @cached_property
    def caller_languages(self) -> CallerLanguageRepository:
        """Languages that callers chose."""
        from callcenter.db.caller_languages import CallerLanguageRepository

        return CallerLanguageRepository(self.session)

    @cached_property
    def attachments(self) -> AttachmentRepository:
        """Files of tickets."""
        from callcenter.db.attachments import AttachmentRepository

        return AttachmentRepository(self.session)

    @cached_property
    def service_account(self) -> ServiceAccountRepository:
        """Messages of the service account."""
        from callcenter.db.service_account import ServiceAccountRepository

        return ServiceAccountRepository(self.session)

    @cached_property
    def opinions(self) -> OpinionRepository:
        """Links by which the person served gives an opinion."""
        from callcenter.db.opinions import OpinionRepository

        return OpinionRepository(self.session)

    @cached_property
    def absences(self) -> AbsenceRepository:
        """Absences and posts."""
        from callcenter.db.absences import AbsenceRepository

        return AbsenceRepository(self.session)

    @cached_property
    def reminders(self) -> ReminderRepository:
        """Reminders and addresses."""
        from callcenter.db.reminders import ReminderRepository

        return ReminderRepository(self.session)

    @cached_property
    def supervision(self) -> SupervisionRepository:
        """Spot checks and counts per person."""
        from callcenter.db.supervision import SupervisionRepository

        return SupervisionRepository(self.session)

    @cached_property
    def analysis(self) -> AnalysisRepository:
        """Counts over matters."""
        from callcenter.db.analysis import AnalysisRepository

        return AnalysisRepository(self.session)
