"""The receiving side of a call's audio: keeps all of it and waits for sound, silence, a tone or digits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from callcenter.softphone import audio, rtp
from callcenter.softphone.audio import RATE_HZ, Samples
from callcenter.softphone.errors import CallOver, deadline
from callcenter.softphone.rtp import FRAME_SAMPLES
from callcenter.softphone.udp import Stamp

_GAP_S = 0.06
"""Missing audio shorter than this is jitter, longer is silence that was not sent."""
_LATE_S = 0.3
"""The same for a packet that follows the last one in sequence and time: a busy machine sends late."""
_BACKWARDS = 0x8000
LOUD_RMS = 200.0
"""Speech and tones are well above, the noise of G.711 is below 10."""
_TONE_SHARE = 0.8


class Ear:
    """Received audio lies on the time line of its arrival: what was not sent is filled with silence."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pcm = bytearray()
        self._started: Stamp | None = None
        self._last: tuple[int, int] | None = None
        self._next_timestamp = 0
        self._last_event: tuple[int, int] | None = None
        self._watchers: set[Callable[[Samples], None]] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self._tone_from = 0
        self._over = False
        self.digits = ""
        self.packets = 0

    @property
    def pcm(self) -> bytes:
        """Everything heard so far, PCM16."""
        return bytes(self._pcm)

    def hear(self, packet: rtp.Packet, event_type: int | None, at: Stamp) -> None:
        """Takes one packet; the second and later copies of a digit's end count once."""
        self.packets += 1
        if packet.payload_type == event_type:
            self._hear_event(packet)
            return
        if packet.payload_type not in audio.SILENCE:
            return
        if self._last is not None and self._last[0] == packet.ssrc:
            step = (packet.sequence - self._last[1]) & 0xFFFF
            if step == 0 or step >= _BACKWARDS:
                return
        follows = self._last == (packet.ssrc, (packet.sequence - 1) & 0xFFFF)
        follows = follows and packet.timestamp == self._next_timestamp
        self._last = (packet.ssrc, packet.sequence)
        self._next_timestamp = (packet.timestamp + len(packet.payload)) & 0xFFFFFFFF
        samples = audio.decode(packet.payload, packet.payload_type)
        self._started = self._started or at
        expected = int((at.monotonic - self._started.monotonic) * RATE_HZ)
        missing = expected - len(self._pcm) // 2
        if missing > (_LATE_S if follows else _GAP_S) * RATE_HZ:
            self._pcm += bytes(2 * missing)
        self._pcm += samples.astype("<i2").tobytes()
        for watcher in tuple(self._watchers):
            watcher(samples)

    def close(self) -> None:
        """Whoever still waits gets CallOver."""
        self._over = True
        for future in self._waiting:
            if not future.done():
                future.set_exception(CallOver())

    def skip(self) -> None:
        """Forgets tones heard until now: `wait_tone` looks at what comes later."""
        self._tone_from = len(self._pcm) // 2

    async def wait_sound(self, loud_rms: float, timeout_s: float) -> None:
        """Until one packet from now on is at least that loud."""

        def check(samples: Samples) -> bool:
            return audio.rms(samples) >= loud_rms

        await self._wait(check, timeout_s, f"sound of {loud_rms:g} rms")

    async def wait_silence(self, duration_s: float, quiet_rms: float, timeout_s: float) -> None:
        """Until nothing louder came for that long, counted from now; no packets are silence too."""
        until = self._loop.time() + duration_s

        def watch(samples: Samples) -> None:
            nonlocal until
            if audio.rms(samples) >= quiet_rms:
                until = self._loop.time() + duration_s

        self._watchers.add(watch)
        try:
            async with deadline(timeout_s, f"silence of {duration_s:g} s"):
                while (rest := until - self._loop.time()) > 0:
                    self._raise_if_over()
                    await asyncio.sleep(rest)
        finally:
            self._watchers.discard(watch)

    async def wait_tone(self, frequency_hz: float, min_ms: int, timeout_s: float) -> None:
        """Until a pure tone of that length; looks from the end of the last one found, so none is missed."""
        needed = -(-min_ms * RATE_HZ // 1000 // FRAME_SAMPLES)
        run = 0

        def scan() -> bool:
            nonlocal run
            while self._tone_from + FRAME_SAMPLES <= len(self._pcm) // 2:
                start = 2 * self._tone_from
                block = np.frombuffer(bytes(self._pcm[start : start + 2 * FRAME_SAMPLES]), dtype="<i2")
                self._tone_from += FRAME_SAMPLES
                pure = audio.rms(block) >= LOUD_RMS and audio.tone_share(block, frequency_hz) >= _TONE_SHARE
                run = run + 1 if pure else 0
                if run >= needed:
                    return True
            return False

        if not scan():
            await self._wait(lambda _samples: scan(), timeout_s, f"a tone of {frequency_hz:g} Hz")

    async def wait_digits(self, count: int, timeout_s: float) -> str:
        """Until that many digits have come since the call began; returns all of them."""
        if len(self.digits) < count:
            await self._wait(lambda _samples: len(self.digits) >= count, timeout_s, f"{count} digits")
        return self.digits

    def take_digit(self, digit: str) -> None:
        """A digit that came by SIP INFO or as the end of an event."""
        self.digits += digit
        for watcher in tuple(self._watchers):
            watcher(np.zeros(0, dtype=np.int16))

    def _hear_event(self, packet: rtp.Packet) -> None:
        event = rtp.parse_event(packet.payload)
        if event is not None and event[1] and self._last_event != (packet.ssrc, packet.timestamp):
            self._last_event = (packet.ssrc, packet.timestamp)
            self.take_digit(event[0])

    async def _wait(self, check: Callable[[Samples], bool], timeout_s: float, what: str) -> None:
        self._raise_if_over()
        future: asyncio.Future[None] = self._loop.create_future()

        def watch(samples: Samples) -> None:
            if not future.done() and check(samples):
                future.set_result(None)

        self._watchers.add(watch)
        self._waiting.add(future)
        try:
            async with deadline(timeout_s, what):
                await future
        finally:
            self._watchers.discard(watch)
            self._waiting.discard(future)

    def _raise_if_over(self) -> None:
        if self._over:
            raise CallOver
