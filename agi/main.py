"""`shouwen agi`: the process beside an Asterisk. Builds the desk, serves until it is told to end."""

from __future__ import annotations

import logging
import signal
import sys
from functools import partial
from types import FrameType

from agi.ami import Event, Manager
from agi.call_back import call_back, rate
from agi.call_back_dialler import Dialler
from agi.call_backs import CallBacks
from agi.cel import CelReader
from agi.desk import Desk
from agi.drainer import Drainer
from agi.entries import ENTRIES
from agi.health import health
from agi.journal import Journal
from agi.live import LiveCalls, now
from agi.memory import Collector
from agi.numbering import Numbering
from agi.routing import Routing
from agi.server import Server
from agi.typed import TypedHandoffs
from agi.typed_taker import HandoffTaker
from agi.watcher import answered_on_wire, boot_instant, rang_on_wire, watch
from agi.wire import Wire
from callcenter.bootstrap import unit_of_work_factory
from callcenter.runtime import calls_first
from callcenter.runtime.asterisk_config import cel_file, secret_file
from callcenter.settings import Settings

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
NEW_JOURNAL_S = 1.0
SWITCH_S = 0.001
"""How long one thread may keep the interpreter while another waits: a caller's entry waits on the drainer's work."""


def run_agi(settings: Settings) -> None:
    """Serve FastAGI, watch Asterisk, drain the journal until SIGTERM or SIGINT."""
    sys.setswitchinterval(SWITCH_S)
    journal = Journal(settings.journal)
    calls = LiveCalls(journal)
    routing = Routing(journal)
    numbering = Numbering(journal, settings.node, settings.zone)

    def on_event(event: Event) -> None:
        watch(desk, event)
        call_backs.watch(event)
        typed.watch(event)
        if event["Event"] == "FullyBooted":
            cel.asterisk_booted(boot_instant(settings, event))

    manager = Manager(
        LOOPBACK,
        settings.ami_port,
        "shouwen",
        lambda: secret_file(settings).read_text("utf-8").strip(),
        on_event,
    )
    desk = Desk(
        settings=settings, calls=calls, routing=routing, numbering=numbering, manager=manager, clock=now
    )
    call_backs = CallBacks(desk, journal)
    typed = TypedHandoffs(desk)
    unit_of_work = unit_of_work_factory(settings, deadline_s=5.0)
    drainer = Drainer(settings, journal, calls, routing, numbering, unit_of_work)
    dialler = Dialler(call_backs, unit_of_work)
    taker = HandoffTaker(typed, unit_of_work)
    entries = {name: partial(entry, desk) for name, entry in ENTRIES.items()}
    placing = {"call-back": partial(call_back, call_backs), "call-back-rate": partial(rate, call_backs)}
    health_entry = {"health": partial(health, desk, drainer)}
    server = Server(LOOPBACK, settings.agi_port, entries | placing | health_entry)

    announce = calls_first.Announcer(settings)
    wire = Wire(
        LOOPBACK, settings.agi_port, partial(rang_on_wire, desk), partial(answered_on_wire, desk), announce
    )

    def end(signum: int, frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    cel = CelReader(desk, journal, cel_file(settings), settle=call_backs.settle)
    collector = Collector(calls.in_progress)
    wire.start()
    manager.start()
    drainer.start()
    cel.start()
    dialler.start()
    taker.start()
    if not journal.used_up_to():
        # a new journal knows no number that was given out before it: ask once, but keep no caller waiting
        drainer.in_step.wait(NEW_JOURNAL_S)
    collector.start()
    log.info("the desk answers on port %s", server.port)
    server.serve()
    wire.stop()
    announce.close()
    dialler.stop()
    taker.stop()
    manager.stop()
    cel.stop()
    collector.stop()
    drainer.stop()
    journal.close()
