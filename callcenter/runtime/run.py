"""`shouwen run`: everything on one machine, from nothing to a ringing phone, until it is told to end."""

from __future__ import annotations

import resource
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from callcenter import bootstrap
from callcenter.db import migrate
from callcenter.db.address import database_url, embedded_folder, sockets_in
from callcenter.errors import ShouwenError
from callcenter.runtime import (
    announce,
    asterisk,
    asterisk_config,
    asterisk_process,
    home,
    parts,
    postgres,
    preflight,
    signals,
    web_health,
)
from callcenter.runtime.supervisor import Supervisor
from callcenter.settings import Settings

READY_WITHIN_S = 90.0
TICK_S = 0.1
LOG_CHECK_S = 30.0
OPEN_FILES = 65536
PARTS = ("postgres", "asterisk", "agi", "web", "worker", "captions")


def run(settings: Settings, console: Console, *, demo_calls: bool = True) -> None:
    """Start everything and keep it running until SIGTERM, SIGINT or SIGHUP; then end it all within 10 s.

    Raises a ShouwenError in one line when a start is impossible; what was started by then is ended first.
    """
    supervisor = Supervisor(tell=lambda text: console.print(text, markup=False, highlight=False))
    home.prepare(settings)
    with home.locked(settings), signals.raised_as_stopping():
        try:
            _start(settings, console, supervisor)
            _serve(settings, console, supervisor, demo_calls)
        except signals.Stopping:
            console.print("ending …")
        finally:
            signals.ignore()
            supervisor.stop()
            _remove_short_sockets(settings)
            console.print("ended")


def _remove_short_sockets(settings: Settings) -> None:
    """A long SHOUWEN_HOME has its sockets in the temporary folder; they end with the product."""
    for folder in (sockets_in(embedded_folder(settings)), asterisk_process.sockets(settings)):
        if not folder.is_relative_to(settings.home.absolute()):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    """Show that a step goes on, and how long it took."""
    began = time.monotonic()
    with console.status(f"{what} …"):
        yield
    console.print(f"[green]✓[/green] {what} [dim]{time.monotonic() - began:.1f} s[/dim]", highlight=False)


def _start(settings: Settings, console: Console, supervisor: Supervisor) -> None:
    """Bring up part after part, each when what it needs is there."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else OPEN_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), hard))
    asterisk_process.stop(settings)  # what a killed run left
    with _step(console, "machine looked over"):
        checks = preflight.before_start(settings)
    for check in checks:
        if not check.ok:
            console.print(f"warning: {check.detail}", markup=False, highlight=False)
    for name in PARTS:
        home.bound_log(home.log_file(settings, name))
    root = asterisk.install(settings, console)
    try:
        _start_database(settings, console, supervisor)
    except ShouwenError as error:
        if not asterisk_process.configuration(settings).exists():
            raise
        # Calls never depend on the database: go on with what the last start wrote.
        reason = str(error).rstrip(".")
        console.print(f"warning: {reason}; calls are taken all the same", markup=False, highlight=False)
    else:
        with _step(console, "Asterisk's configuration written"):
            asterisk_config.render(settings, root, bootstrap.staff_phones(settings))
    captions = ("captions",) if settings.captions == "on" else ()
    for name in ("agi", "asterisk", "web", "worker", *captions):
        supervisor.add(parts.telephony(settings, root) if name == "asterisk" else parts.ours(settings, name))


def _start_database(settings: Settings, console: Console, supervisor: Supervisor) -> None:
    url = database_url(settings)
    with _step(console, "database ready"):
        if settings.database_url is None:
            part = parts.database(settings)
            supervisor.add(part)
            postgres.wait_ready(part.process, url)
            postgres.ensure_database(url)
        else:
            postgres.wait_ready(None, url, timeout_s=10)
        migrate.upgrade(url)
    if bootstrap.seed_demo(settings):
        console.print(f"demo staff entered: {settings.demo_accounts}", highlight=False)


def _serve(settings: Settings, console: Console, supervisor: Supervisor, demo_calls: bool) -> None:
    """Keep all parts running; say when all are well, then place the demonstration calls."""
    began = time.monotonic()
    is_ready = False
    logs_due_at = began + LOG_CHECK_S
    with console.status("waiting for every part to be well …") as status:
        while not is_ready:
            supervisor.tick()
            said = web_health.fetch(settings, timeout_s=1.0)
            is_ready = said is not None and said.get("status") == "ok"
            if time.monotonic() - began > READY_WITHIN_S:
                console.print(f"warning: not all is well: {web_health.complaint(said)}; see `shouwen doctor`")
                break
            status.update(f"waiting: {web_health.complaint(said)} … {time.monotonic() - began:.0f} s")
            time.sleep(TICK_S)
    if is_ready:
        console.print(
            f"[green]✓[/green] all parts well [dim]{time.monotonic() - began:.1f} s[/dim]", highlight=False
        )
        announce.addresses(settings, console)
        if demo_calls:
            # A thread, so that the parts are looked after meanwhile; daemonic: it never holds up the end.
            threading.Thread(target=announce.demo_calls, args=(settings, console), daemon=True).start()
    while True:
        supervisor.tick()
        time.sleep(TICK_S)
        if time.monotonic() > logs_due_at:
            logs_due_at = time.monotonic() + LOG_CHECK_S
            for name in PARTS:
                home.bound_log(home.log_file(settings, name))
