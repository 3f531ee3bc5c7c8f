"""A real Asterisk with the desk beside it, in this process: calls are placed by real SIP phones, no database."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console

from agi.ami import Event, Manager
from agi.call_back import call_back, rate
from agi.call_backs import CallBacks
from agi.desk import Desk
from agi.entries import ENTRIES
from agi.journal import Journal
from agi.live import LiveCall, LiveCalls, now
from agi.numbering import Numbering
from agi.routing import Routing
from agi.server import Server
from agi.typed import TypedHandoffs
from agi.watcher import answered_on_wire, rang_on_wire, watch
from agi.wire import Wire
from callcenter.domain.calls import Call, Handoff, Person
from callcenter.domain.fold import fold_call
from callcenter.domain.staff import StaffPhone
from callcenter.runtime import asterisk, asterisk_config, asterisk_process, home
from callcenter.settings import Settings
from callcenter.softphone.call import Call as SipCall
from callcenter.softphone.incoming import IncomingCall
from callcenter.softphone.outgoing import OutgoingCall
from callcenter.softphone.phone import Phone
from tests.pbx import prompts
from tests.polling import until

STAFF = {"101": "李静", "102": "王强", "103": "赵敏", "104": "陈主任"}
VOICES = Path(__file__).parents[1] / "voices"
LOOPBACK = "127.0.0.1"


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_rtp_ports(count: int = 200) -> Iterator[str]:
    """A range of ports below the system's own, claimed by a locked file: workers must not take each other's."""
    for first in range(20000, 32000, count):
        with (Path(tempfile.gettempdir()) / f"shouwen-test-rtp-{first}").open("w") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{first}-{first + count - 1}"
            return
    raise RuntimeError("no range of RTP ports is free")


def password(extension: str) -> str:
    """The SIP password of a test phone."""
    return f"test-password-of-{extension}"


def staff_phones() -> list[StaffPhone]:
    """101 to 103 ring for the line, 104 is the manager."""
    return [
        StaffPhone(
            extension=extension,
            name=name,
            sip_ha1=hashlib.md5(
                f"{extension}:shouwen:{password(extension)}".encode(), usedforsecurity=False
            ).hexdigest(),
            rung=extension != "104",
            on_duty=True,
        )
        for extension, name in STAFF.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDesk:
    """The running pair."""

    desk: Desk
    rx: Callable[[str], str]
    server: Server
    call_backs: CallBacks
    journal: Journal
    typed: TypedHandoffs
    forgotten: set[str] = field(default_factory=set)
    """Calls of earlier tests: their last events may still come."""

    __test__ = False

    @property
    def sip(self) -> tuple[str, int]:
        """Where Asterisk listens."""
        return self.desk.settings.bind, self.desk.settings.sip_port

    def only_call(self) -> LiveCall:
        """The one call since the last `forget`."""
        calls = self.calls()
        assert len(calls) == 1, [live.call for live in calls]
        return calls[0]

    def calls(self) -> list[LiveCall]:
        """The calls since the last `forget`."""
        known = list(self.desk.calls._calls.values())
        return [live for live in known if live.linkedid not in self.forgotten]

    def story(self) -> str:
        """All that happened, for the reader of a failed test."""
        lines = []
        for live in self.calls():
            for event in live.events:
                since = (event.at - live.events[0].at).total_seconds()
                lines.append(f"{since:8.3f} {event.kind} {dict(event.data)}")
        log = self.desk.settings.log / "asterisk.log"
        return "\n".join([*lines, log.read_text(errors="replace")[-600:]])

    def forget(self) -> None:
        """Begin a new test with no call in memory."""
        self.forgotten.update(self.desk.calls._calls)

    def live(self, number: str | None = None) -> LiveCall | None:
        """The first call since the last `forget`, or the first of that caller."""
        matches = (
            live for live in self.calls() if number is None or (live.call and live.call.caller == number)
        )
        return next(matches, None)

    async def until(
        self, done: Callable[[Call], bool], timeout_s: float = 10, *, number: str | None = None
    ) -> Call:
        """The record of `live` as soon as `done` holds of it."""
        deadline = time.monotonic() + timeout_s
        while True:
            live = self.live(number)
            call = fold_call(live.events) if live else None
            if call is not None and done(call):
                return call
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout_s} s: {call}")
            await asyncio.sleep(0.02)

    async def ended(self, *, number: str | None = None, timeout_s: float = 10) -> Call:
        """The record of `live` once the caller's end is known."""
        return await self.until(lambda call: call.ended_at is not None, timeout_s, number=number)

    async def handoff(self, outcome: str, timeout_s: float = 10) -> Handoff:
        """The last handoff as soon as it has that outcome."""
        call = await self.until(
            lambda call: bool(call.handoffs and call.handoffs[-1].outcome == outcome), timeout_s
        )
        return call.handoffs[-1]


@contextmanager
def running_desk(folder: Path, **settings: object) -> Iterator[TestDesk]:
    """Start Asterisk and the desk on free ports; all of it ends with the block. Prompts are short tones."""
    with own_rtp_ports() as rtp_ports, _running_desk(folder, rtp_ports, settings) as running:
        yield running


@contextmanager
def _running_desk(folder: Path, rtp_ports: str, settings: dict[str, object]) -> Iterator[TestDesk]:
    chosen = Settings.model_validate(
        {
            "home": folder,
            "sip_port": free_port(socket.SOCK_DGRAM),
            "agi_port": free_port(socket.SOCK_STREAM),
            "ami_port": free_port(socket.SOCK_STREAM),
            "web_port": free_port(socket.SOCK_STREAM),
            "rtp_ports": rtp_ports,
            **settings,
        }
    )
    home.prepare(chosen)
    root = asterisk.install(chosen, Console(quiet=True))
    asterisk_config.render(chosen, root, staff_phones())
    sounds = chosen.home / "asterisk" / "sounds"
    shutil.rmtree(sounds)  # links to the product's files
    prompts.render(sounds)
    journal = Journal(chosen.journal)
    calls, routing = LiveCalls(journal), Routing(journal)
    routing.update([Person(extension=extension, name=name) for extension, name in STAFF.items()], {})

    def on_event(event: Event) -> None:
        watch(desk, event)
        call_backs.watch(event)
        typed.watch(event)

    secret = asterisk_config.secret_file(chosen).read_text()
    manager = Manager(LOOPBACK, chosen.ami_port, "shouwen", lambda: secret, on_event)
    desk = Desk(
        settings=chosen,
        calls=calls,
        routing=routing,
        numbering=Numbering(journal, chosen.node, chosen.zone),
        manager=manager,
        clock=now,
    )
    call_backs = CallBacks(desk, journal)
    typed = TypedHandoffs(desk)
    entries = {name: partial(entry, desk) for name, entry in ENTRIES.items()}
    placing = {"call-back": partial(call_back, call_backs), "call-back-rate": partial(rate, call_backs)}
    server = Server(LOOPBACK, chosen.agi_port, entries | placing)
    wire = Wire(LOOPBACK, chosen.agi_port, partial(rang_on_wire, desk), partial(answered_on_wire, desk))
    serving = threading.Thread(target=server.serve)
    serving.start()
    try:
        before = os.umask(0o077)  # as the command line sets it
        try:
            child = asterisk_process.launch(chosen, root)
        finally:
            os.umask(before)
        wire.start()
        manager.start()
        until(lambda: manager.connected, 10, "the manager interface's answer")
        asterisk_process.rx(chosen, root, "core waitfullybooted")
        yield TestDesk(
            desk=desk,
            rx=partial(asterisk_process.rx, chosen, root),
            server=server,
            call_backs=call_backs,
            journal=journal,
            typed=typed,
        )
    finally:
        asterisk_process.stop(chosen)
        child.wait(10)
        wire.stop()
        manager.stop()
        server.stop()
        serving.join()
        journal.close()


@asynccontextmanager
async def phones(desk: TestDesk, *extensions: str) -> AsyncIterator[dict[str, Phone]]:
    """Registered desk phones."""
    opened: dict[str, Phone] = {}
    try:
        for extension in extensions:
            phone = await Phone.open(server=desk.sip, user=extension, password=password(extension))
            opened[extension] = phone
            await phone.register()
        yield opened
    finally:
        await asyncio.gather(*(phone.close() for phone in opened.values()))


@asynccontextmanager
async def caller(
    desk: TestDesk, number: str = "13800138000", name: str | None = "王小明"
) -> AsyncIterator[Phone]:
    """Somebody outside, on the trunk's address."""
    phone = await Phone.open(server=desk.sip, user=number, display_name=name)
    try:
        yield phone
    finally:
        await phone.close()


async def next_ring(phone: Phone, timeout_s: float = 10) -> IncomingCall:
    """The next call that still rings: one that a colleague answered first is over by now."""
    while True:
        incoming = await phone.next_call(timeout_s)
        if not incoming.is_ended:
            return incoming


async def answered_call(
    outside: Phone, desk_phone: Phone, line: str = "8000"
) -> tuple[OutgoingCall, IncomingCall]:
    """The caller dials, the desk phone answers; both hear each other."""
    call = await outside.dial(line)
    incoming = await desk_phone.next_call()
    await incoming.ring()
    await incoming.answer()
    await call.wait_answered()
    await hear_each_other(call, incoming)
    return call, incoming


async def hear_each_other(one: SipCall, other: SipCall, timeout_s: float = 10) -> None:
    """Until a sound that each side plays has reached the other."""
    for speaker, listener, pitch in ((one, other, 700), (other, one, 600)):
        listener.skip_tones()
        heard = asyncio.create_task(listener.wait_tone(pitch, timeout_s))
        while not heard.done():
            await asyncio.wait([heard, speaker.play(tone(pitch))], return_when=asyncio.FIRST_COMPLETED)
        speaker.stop_playing()
        await heard


def tone(hz: int, seconds: float = 0.3) -> bytes:
    """A pure tone, PCM16 at 8 kHz."""
    import numpy as np

    wave = 6000 * np.sin(2 * np.pi * hz * np.arange(int(8000 * seconds)) / 8000)
    return wave.astype("<i2").tobytes()
