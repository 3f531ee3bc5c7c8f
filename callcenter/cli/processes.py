"""`shouwen agi`, `web`, `worker`: what `shouwen run` keeps running; each can also be run by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from callcenter.settings import Settings

if TYPE_CHECKING:
    from callcenter.services.ports import UnitOfWork

ALARMS_S = 0.25
"""A breach is recorded within a second of its due time; one look is one indexed query."""
CALENDAR_S = 2.0
"""How often the worker looks whether the calendar changed: own days at once, a new year's notice with a restart."""
ANCHOR_S = 60.0
"""How often the worker looks whether the day's anchor is due: it is written within that time after midnight."""
ABSENCES_S = 2.0
"""How soon whoever stands in has what an absent person got, or what begins or ends by the calendar."""
DIGEST_S = 30.0
REMINDERS_S = 1.0
log = logging.getLogger(__name__)
MEDIA_S = 2.0
"""What came by the service account is asked for so soon; while there is nothing it is one indexed query."""
FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def agi() -> None:
        """Serve FastAGI beside an Asterisk, watch its events, bring the journal to the database."""
        from agi.main import run_agi

        run_agi(_begin())

    @app.command()
    def web() -> None:
        """Serve the console and the JSON API."""
        from web.app import run_web

        run_web(_begin())

    @app.command()
    def worker() -> None:
        """Transcribe recordings and do what is due."""
        from callcenter.services.absences import settle
        from callcenter.services.digests import write_digest
        from callcenter.services.reminders import remind_of_alarms
        from transcripts.chores import Chore
        from transcripts.worker import run_worker

        settings = _begin()
        chores = (
            Chore(name="alarms", every_s=ALARMS_S, run=_sweep(settings, remind_of_alarms)),
            Chore(name="absences", every_s=ABSENCES_S, run=_sweep(settings, settle)),
            Chore(name="digest", every_s=DIGEST_S, run=_sweep(settings, write_digest)),
            Chore(name="reminders", every_s=REMINDERS_S, run=_remind(settings)),
            Chore(name="calendar", every_s=CALENDAR_S, run=_follow_calendar(settings)),
            Chore(name="service account media", every_s=MEDIA_S, run=_fetch_media(settings)),
            Chore(name="anchor", every_s=ANCHOR_S, run=_anchor(settings)),
        )
        run_worker(settings, chores)


def _sweep(settings: Settings, use_case: Callable[[UnitOfWork, datetime], object]) -> Callable[[], None]:
    """The use case in a transaction of its own, at the instant it runs, on a connection that is kept."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory

    units = unit_of_work_factory(settings, 10.0, engine=build_engine(settings, pool_size=1))

    def run() -> None:
        with units() as uow:
            use_case(uow, datetime.now(UTC))
            uow.commit()

    return run


def _follow_calendar(settings: Settings) -> Callable[[], None]:
    """Let due times follow the calendar: one small query while it stays as it is."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory
    from callcenter.services.own_days import follow_calendar

    units = unit_of_work_factory(settings, 30.0, engine=build_engine(settings, pool_size=1))
    return lambda: log_moved(follow_calendar(units, lambda: datetime.now(UTC)))


def log_moved(count: int) -> None:
    """A word on what was done, if anything was."""
    if count:
        log.info("the calendar changed, clocks folded anew tickets=%s", count)


def _remind(settings: Settings) -> Callable[[], None]:
    """Deliver what is due."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory
    from callcenter.notify import AppriseSender
    from callcenter.services.reminder_delivery import Language, deliver_reminders

    units = unit_of_work_factory(settings, 10.0, engine=build_engine(settings, pool_size=1))
    sender = AppriseSender()
    language = Language(code=settings.language, zone=settings.zone)

    def run() -> None:
        deliver_reminders(units, sender.send, language, lambda: datetime.now(UTC))

    return run


def _fetch_media(settings: Settings) -> Callable[[], None]:
    """Fetch pictures, sounds and films that came by the service account."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory
    from callcenter.db.attachment_files import AttachmentFiles
    from callcenter.services.service_account import Centre
    from web.wechat.media import MediaFetcher
    from web.wechat.platform import Platform

    fetcher = MediaFetcher(
        unit_of_work_factory(settings, 10.0, engine=build_engine(settings, pool_size=1)),
        Platform(settings.wechat_api, settings.wechat_app_id, settings.wechat_secret),
        AttachmentFiles(settings.attachments),
        Centre(language=settings.language, zone=settings.zone),
        lambda: datetime.now(UTC),
    )

    def run() -> None:
        fetcher.run_once()

    return run


def _anchor(settings: Settings) -> Callable[[], None]:
    """Seal the tickets' log, at the first run of a day."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory
    from callcenter.runtime.anchors import LONGEST_S, write_anchor

    units = unit_of_work_factory(settings, LONGEST_S, engine=build_engine(settings, pool_size=2))

    def run() -> None:
        write_anchor(settings, units, datetime.now(UTC), only_if_due=True)

    return run


def _begin() -> Settings:
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    return Settings()
