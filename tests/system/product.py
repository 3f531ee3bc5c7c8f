"""`shouwen run` as a subprocess on a home and ports of its own: its API, its children, phones and callers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from callcenter.softphone import IncomingCall, OutgoingCall, Phone, tone
from tests.polling import until, until_async

COMMAND = Path(sys.executable).with_name("shouwen")
LOOPBACK = "127.0.0.1"
VOICES = Path(__file__).parents[1] / "voices"
START_S = 90.0

Json = dict[str, Any]


def free_port(kind: socket.SocketKind) -> str:
    """A port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return str(probe.getsockname()[1])


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the API said."""

    status: int
    kind: str
    body: Json
    took_s: float


@dataclass(kw_only=True)
class Product:
    """One instance: started and ended as often as a test likes, always on the same home."""

    home: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start and wait until health says `ok`."""
        with (self.home.parent / "run.out").open("ab") as output:
            self.process = subprocess.Popen(
                [str(COMMAND), "run", "--no-demo-calls"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(self.is_well, START_S, "health `ok`", every_s=0.05)

    def stop(self) -> float:
        """SIGTERM; returns how many seconds it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        return time.monotonic() - began

    def is_well(self) -> bool:
        """Whether health says `ok`."""
        assert self.process is None or self.process.poll() is None, "shouwen run ended"
        said = self.health()
        return said is not None and said["status"] == "ok"

    def health(self) -> Json | None:
        """What health says, None when nobody answers."""
        try:
            return self.get("/api/v1/health").body
        except OSError:
            return None

    @property
    def accounts(self) -> Json:
        """`demo-accounts.json`."""
        found: Json = json.loads((self.home / "demo-accounts.json").read_text("utf-8"))
        return found

    def get(self, path: str, *, token: str | None = "demo", timeout_s: float = 10) -> Answer:
        """GET a path of the web process; raises OSError when nobody answers."""
        request = urllib.request.Request(f"http://{LOOPBACK}:{self.environment['SHOUWEN_WEB_PORT']}{path}")
        if token is not None and path != "/api/v1/health":
            request.add_header("Authorization", f"Bearer {self._token(token)}")
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                status, headers, raw = response.status, response.headers, response.read()
        except urllib.error.HTTPError as refused:
            with refused:
                status, headers, raw = refused.code, refused.headers, refused.read()
        took_s = time.monotonic() - began
        kind = headers.get_content_type()
        return Answer(status=status, kind=kind, body=json.loads(raw) if "json" in kind else {}, took_s=took_s)

    def post(self, path: str, body: Json) -> Json:
        """POST as the demo's program; raises HTTPError when refused."""
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self.environment['SHOUWEN_WEB_PORT']}{path}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.accounts['api_token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            found: Json = json.load(response)
        return found

    def _token(self, token: str) -> str:
        return str(self.accounts["api_token"]) if token == "demo" else token

    def calls_from(self, number: str) -> list[Json]:
        """The calls of that caller, newest first; none while the API does not answer."""
        try:
            answer = self.get("/api/v1/calls?limit=500")
        except OSError:
            return []
        return [call for call in answer.body.get("items", []) if call["caller"] == number]

    def call_from(self, number: str) -> Json | None:
        """The only call of that caller, if it is there yet."""
        found = self.calls_from(number)
        assert len(found) <= 1, found
        return found[0] if found else None

    async def call(self, number: str, key: str = "arrived_at", within_s: float = 3) -> Json:
        """The only call of that caller as soon as `key` is set, such as `ended_at`."""

        def look() -> Json:
            found = self.call_from(number)
            return found if found and found[key] else {}

        return await until_async(look, within_s, f"{key} of the call of {number}")

    async def ticket_when(self, number: str, done: Callable[[Json], object], within_s: float) -> Json:
        """The ticket as soon as `done` holds of it."""

        def look() -> Json:
            found = self.ticket(number)
            return found if found and done(found) else {}

        return await until_async(look, within_s, f"ticket {number}")

    def ticket(self, number: str | None) -> Json | None:
        """A ticket by its number."""
        answer = self.get(f"/api/v1/tickets/{number}")
        return answer.body if answer.status == 200 else None

    def child(self, name: str) -> psutil.Process | None:
        """The living child of that name, such as `shouwen agi`."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            try:
                if child.name() == name and child.status() != psutil.STATUS_ZOMBIE:
                    return child
            except psutil.NoSuchProcess:
                continue
        return None

    def the(self, name: str) -> psutil.Process:
        """The child of that name, which has to live."""
        found = self.child(name)
        assert found is not None, f"{name} does not run"
        return found

    def run(self, *arguments: str) -> str:
        """What a `shouwen` command on this home prints."""
        return subprocess.run(
            [str(COMMAND), *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    @property
    def sip(self) -> tuple[str, int]:
        """Where Asterisk listens."""
        return LOOPBACK, int(self.environment["SHOUWEN_SIP_PORT"])

    @asynccontextmanager
    async def phone(self, extension: str, password: str | None = None) -> AsyncIterator[Phone]:
        """A registered desk phone."""
        staff = {each["extension"]: each["sip_password"] for each in self.accounts["staff"]}
        phone = await Phone.open(server=self.sip, user=extension, password=password or staff[extension])
        async with phone:
            await phone.register()
            yield phone

    @asynccontextmanager
    async def caller(self, number: str, name: str | None = None) -> AsyncIterator[Phone]:
        """Somebody outside."""
        async with await Phone.open(server=self.sip, user=number, display_name=name) as phone:
            yield phone


@contextmanager
def product_in(folder: Path, **settings: object) -> Iterator[Product]:
    """A started product; whatever the test did to it, it is gone at the end."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWEN_")}
    if root := os.environ.get("SHOUWEN_ASTERISK_ROOT"):
        given["SHOUWEN_ASTERISK_ROOT"] = root
    product = Product(
        home=folder / "home",
        environment={
            **given,
            "SHOUWEN_HOME": str(folder / "home"),
            "SHOUWEN_SIP_PORT": free_port(socket.SOCK_DGRAM),
            "SHOUWEN_AGI_PORT": free_port(socket.SOCK_STREAM),
            "SHOUWEN_AMI_PORT": free_port(socket.SOCK_STREAM),
            "SHOUWEN_WEB_PORT": free_port(socket.SOCK_STREAM),
            "SHOUWEN_RTP_PORTS": "23000-23999",
            **{f"SHOUWEN_{name.upper()}": str(value) for name, value in settings.items()},
        },
    )
    try:
        product.start()
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            for child in psutil.Process(product.process.pid).children():
                child.resume()
            product.process.send_signal(signal.SIGTERM)
            try:
                product.process.wait(15)
            except subprocess.TimeoutExpired:
                product.process.kill()
                product.process.wait()


async def ringing(phone: Phone, timeout_s: float = 10) -> IncomingCall:
    """The next call that still rings at this phone, told that it rings."""
    while True:
        incoming = await phone.next_call(timeout_s)
        if not incoming.is_ended:
            await incoming.ring()
            return incoming


async def talk(outside: Phone, desk_phone: Phone, line: str = "8000") -> tuple[OutgoingCall, IncomingCall]:
    """The caller dials, the desk phone answers, the caller hears them: not before are they joined."""
    call = await outside.dial(line)
    incoming = await ringing(desk_phone)
    await incoming.answer()
    await call.wait_answered()
    await hear(incoming, call)
    return call, incoming


async def hear(speaker: OutgoingCall | IncomingCall, listener: OutgoingCall | IncomingCall) -> None:
    """Until a tone that one side plays has reached the other: they really talk."""
    listener.skip_tones()
    heard = asyncio.create_task(listener.wait_tone(700, 10))
    while not heard.done():
        await asyncio.wait([heard, speaker.play(tone(700, 0.3))], return_when=asyncio.FIRST_COMPLETED)
    speaker.stop_playing()
    await heard


async def leave_message(
    outside: Phone, line: str = "8000", sound: str = "zh-message-01.wav", *, hash_key: bool = True
) -> OutgoingCall:
    """Dial, wait for the beep, speak; the call goes on afterwards."""
    call = await outside.dial(line)
    await call.wait_answered()
    await call.wait_tone(timeout_s=45)
    await call.play_to_end(VOICES / sound)
    if hash_key:
        await call.send_digits("#")
    return call


def nothing_private_in_logs(home: Path, *secrets: str) -> None:
    """No log of the product, or of its Asterisk, holds any of these."""
    logs = [path for path in home.rglob("*.log*") if path.is_file()]
    assert len(logs) >= 5
    for log in logs:
        text = log.read_text("utf-8", "replace")
        for secret in secrets:
            assert secret not in text, log
