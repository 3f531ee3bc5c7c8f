"""`shouwen doctor`: looks at everything that has to be right, and says what to do where it is not."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator

from callcenter.db import migrate
from callcenter.db.address import database_url
from callcenter.errors import ShouwenError
from callcenter.runtime import (
    agi_health,
    asterisk,
    asterisk_process,
    home,
    postgres,
    preflight,
    unpacked,
    web_health,
)
from callcenter.runtime.preflight import Check
from callcenter.settings import Settings


def examine(settings: Settings) -> Iterator[Check]:
    """Every check of this machine and, where one runs, of the running product; none of them raises."""
    yield preflight.python()
    yield preflight.host_name()
    yield preflight.disk(settings)
    yield _guarded("Asterisk", lambda: asterisk_found(settings))
    said = web_health.fetch(settings, timeout_s=3)
    if said is None and not home.is_locked(settings):
        # Before the first start that is as it should be.
        before = not home.was_used(settings)
        yield Check(name="running", ok=before, detail="it does not run: `shouwen run` starts it")
        yield from preflight.ports(settings)
        return
    well = said is not None and said.get("status") == "ok"
    detail = "all parts well" if well else f"{web_health.complaint(said)}: see `shouwen log PART`"
    yield Check(name="running", ok=well, detail=detail)
    yield _guarded("FastAGI", lambda: fastagi(settings))
    yield _guarded("database", lambda: database(settings))
    yield _guarded("feature keys", lambda: feature_keys(settings))


def _guarded(name: str, look: Callable[[], str]) -> Check:
    """Turn what a look gives, or the error of ours that it raises, into a check."""
    try:
        return Check(name=name, ok=True, detail=look())
    except ShouwenError as error:
        return Check(name=name, ok=False, detail=str(error))


def asterisk_found(settings: Settings) -> str:
    """Asterisk's version, and that its files are all there."""
    root = asterisk.find_root(settings)
    if settings.asterisk_root is None and not unpacked.is_whole(root.path):
        raise asterisk.AsteriskUnusable(f"files are missing in {root.path}: run `shouwen asterisk install`")
    return f"{root.version} in {root.path}"


def fastagi(settings: Settings) -> str:
    """That the FastAGI server answers, as Asterisk would ask it."""
    if agi_health.probe(preflight.LOOPBACK, settings.agi_port, 3) is None:
        raise ShouwenError(f"port {settings.agi_port} does not answer: see `shouwen log agi`")
    return f"port {settings.agi_port} answers"


def database(settings: Settings) -> str:
    """That the database is reached, and has every migration."""
    url = database_url(settings)
    postgres.wait_ready(None, url, timeout_s=3)
    if not migrate.is_current(url):
        raise ShouwenError("migrations are missing: run `shouwen db upgrade`")
    return "reached, at the newest migration"


def feature_keys(settings: Settings) -> str:
    """That Asterisk took every feature of features.conf: one wrong option makes it drop the whole file."""
    root = asterisk.find_root(settings)
    written = configparser.ConfigParser(delimiters=("=>", "="), comment_prefixes=(";",), strict=False)
    written.optionxform = str  # type: ignore[assignment,method-assign]
    written.read(asterisk_process.configuration(settings).with_name("features.conf"))
    names = list(written["applicationmap"]) if written.has_section("applicationmap") else []
    shown = asterisk_process.rx(settings, root, "features show")
    missing = [name for name in names if name not in shown]
    if missing or not names:
        raise ShouwenError(
            f"Asterisk dropped {', '.join(missing) or 'all features'}: see `shouwen log asterisk`"
        )
    return f"{len(names)} loaded"
