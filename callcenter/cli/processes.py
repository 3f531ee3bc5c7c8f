"""`shouwen agi`, `web`, `worker`: what `shouwen run` keeps running; each can also be run by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import typer

from callcenter.settings import Settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from callcenter.db.uow import SqlUnitOfWork

ALARMS_S = 0.25
"""A breach is recorded within a second of its due time; one look is one indexed query."""
CALENDAR_S = 2.0
"""How often the worker looks whether the calendar changed: own days, a new year's notice."""
ANCHOR_S = 60.0
"""How often the worker looks whether the day's anchor is due: it is written within that time after midnight."""
ABSENCES_S = 2.0
"""How soon whoever stands in has what an absent person got, or what begins or ends by the calendar."""
DIGEST_S = 30.0
REMINDERS_S = 1.0
SPOKEN_S = 0.25
"""A briefing that is being typed is put into sound so soon; while there is none it is one small query."""
EARLIER_S = 1.0
"""A batch of earlier texts so often, until there are none left."""
FORGET_S = 3600.0
"""How often the languages of callers who call no more are forgotten."""
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
    def captions() -> None:
        """Caption what is said in calls while it is said (SHOUWEN_CAPTIONS=on)."""
        from transcripts.live import run_captions

        run_captions(_begin())

    @app.command()
    def worker() -> None:
        """Transcribe recordings and do what is due."""
        from callcenter.services.absences import settle
        from callcenter.services.caller_languages import forget_old_languages
        from callcenter.services.digests import write_digest
        from callcenter.services.reminders import remind_of_alarms
        from transcripts.chores import Chore
        from transcripts.worker import run_worker

        settings = _begin()
        chores = (
            Chore(name="alarms", every_s=ALARMS_S, run=_sweep(settings, remind_of_alarms)),
            Chore(name="absences", every_s=ABSENCES_S, run=_sweep(settings, settle)),
            Chore(name="languages", every_s=FORGET_S, run=_sweep(settings, forget_old_languages)),
            Chore(name="digest", every_s=DIGEST_S, run=_sweep(settings, write_digest)),
            Chore(name="reminders", every_s=REMINDERS_S, run=_remind(settings)),
            Chore(name="calendar", every_s=CALENDAR_S, run=_follow_calendar(settings)),
            Chore(name="service account media", every_s=MEDIA_S, run=_fetch_media(settings)),
            Chore(name="spoken texts", every_s=SPOKEN_S, run=_speak(settings)),
            Chore(name="earlier texts", every_s=EARLIER_S, run=_find_earlier_texts(settings)),
            Chore(name="anchor", every_s=ANCHOR_S, run=_anchor(settings)),
        )
        run_worker(settings, chores)


def _units(settings: Settings, deadline_s: float, connections: int = 1) -> Callable[[], SqlUnitOfWork]:
    """Makes transactions of a chore, on connections that are kept."""
    from callcenter.bootstrap import build_engine, unit_of_work_factory

    return unit_of_work_factory(settings, deadline_s, engine=build_engine(settings, pool_size=connections))


def _sweep(settings: Settings, use_case: Callable[[SqlUnitOfWork, datetime], object]) -> Callable[[], None]:
    """The use case in a transaction of its own, at the instant it runs."""
    units = _units(settings, 10.0)

    def run() -> None:
        with units() as uow:
            use_case(uow, datetime.now(UTC))
            uow.commit()

    return run


def _follow_calendar(settings: Settings) -> Callable[[], None]:
    """Let due times follow the calendar: one small query while it stays as it is; and once more each night."""
    from callcenter.services.own_days import follow_calendar

    def now() -> datetime:
        return datetime.now(UTC)

    units = _units(settings, 30.0)
    settle = settle_each_night(units, settings.zone, now)

    def run() -> None:
        log_moved(follow_calendar(units, now))
        settle()

    return run


def settle_each_night(
    units: Callable[[], SqlUnitOfWork], zone: ZoneInfo, clock: Callable[[], datetime]
) -> Callable[[], None]:
    """At the first run of a day: settle what waits for a year's notice."""
    from callcenter.services.own_days import settle_provisional

    done: date | None = None

    def run() -> None:
        nonlocal done
        now = clock()
        today = now.astimezone(zone).date()
        if today != done:
            log_moved(settle_provisional(units, now))
            done = today

    return run


def log_moved(count: int) -> None:
    """A word on what was done, if anything was."""
    if count:
        log.info("the calendar changed, clocks folded anew tickets=%s", count)


def _remind(settings: Settings) -> Callable[[], None]:
    """Deliver what is due."""
    from callcenter.notify import AppriseSender
    from callcenter.services.reminder_delivery import Language, deliver_reminders

    units = _units(settings, 10.0)
    sender = AppriseSender()
    language = Language(code=settings.language, zone=settings.zone)

    def run() -> None:
        deliver_reminders(units, sender.send, language, lambda: datetime.now(UTC))

    return run


def _fetch_media(settings: Settings) -> Callable[[], None]:
    """Fetch pictures, sounds and films that came by the service account."""
    from callcenter.db.attachment_files import AttachmentFiles
    from callcenter.services.service_account import Centre
    from web.wechat.media import MediaFetcher
    from web.wechat.platform import Platform

    fetcher = MediaFetcher(
        _units(settings, 10.0),
        Platform(settings.wechat_api, settings.wechat_app_id, settings.wechat_secret),
        AttachmentFiles(settings.attachments),
        Centre(language=settings.language, zone=settings.zone),
        lambda: datetime.now(UTC),
    )

    def run() -> None:
        fetcher.run_once()

    return run


def _speak(settings: Settings) -> Callable[[], None]:
    """Say what is typed for colleagues, and who calls, with a voice in a process of its own."""
    from synthesis.aside import VoiceAside
    from synthesis.texts import Texts

    return Texts(settings, _units(settings, 10.0), VoiceAside(settings)).run


def _find_earlier_texts(settings: Settings) -> Callable[[], None]:
    """Go through the recordings once, batch after batch; after the last one nothing is asked of the database."""
    from callcenter.services.earlier_texts import find_earlier_texts

    units = _units(settings, 10.0)
    after: int | None = 0

    def run() -> None:
        nonlocal after
        if after is not None:
            with units() as uow:
                last = find_earlier_texts(uow, after, datetime.now(UTC))
                uow.commit()
            after = last

    return run


def _anchor(settings: Settings) -> Callable[[], None]:
    """Seal the tickets' log, at the first run of a day."""
    from callcenter.runtime.anchors import LONGEST_S, write_anchor

    units = _units(settings, LONGEST_S, connections=2)

    def run() -> None:
        write_anchor(settings, units, datetime.now(UTC), only_if_due=True)

    return run


def _begin() -> Settings:
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    return Settings()
