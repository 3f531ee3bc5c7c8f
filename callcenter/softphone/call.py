"""One call as its user sees it, whichever side began it: state, times, audio, holding, transferring."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from callcenter.softphone import audio
from callcenter.softphone.dialog import Dialog
from callcenter.softphone.ear import LOUD_RMS
from callcenter.softphone.errors import CallFailed, CallOver, deadline
from callcenter.softphone.exchange import exchange
from callcenter.softphone.media import Media
from callcenter.softphone.refer import Transfer
from callcenter.softphone.sip import Header, Message, Response
from callcenter.softphone.transactions import ServerTransaction
from callcenter.softphone.udp import Address, Stamp

if TYPE_CHECKING:
    from callcenter.softphone.phone import Phone

_GLARE_PAUSE_S = 0.3


class CallState(StrEnum):
    CALLING = "calling"
    """The INVITE is out, or came and is not yet answered."""
    ANSWERED = "answered"
    ENDED = "ended"


class Call(ABC):
    """A call. `times` has, as far as they came: `invite_sent` or `invite_received`, `invite_authorized` (with
    credentials), `trying`, `ringing` (the first 180 or 183), `answered` (the 200), `ack`, `cancel_sent`,
    `cancel_received`, `bye_sent`, `bye_received` and `ended`.
    """

    def __init__(self, phone: Phone, dialog: Dialog, media: Media) -> None:
        self.phone = phone
        self.dialog = dialog
        self.media = media
        self.state = CallState.CALLING
        self.times: dict[str, Stamp] = {}
        self.status_history: list[tuple[int, Stamp]] = []
        """Every response to the INVITE, sent or received, but a digest challenge."""
        self.failure: CallFailed | None = None
        self.transfer = Transfer()
        self.acks_sent: dict[int, tuple[bytes, Address]] = {}
        self.acks_awaited: dict[int, ServerTransaction] = {}
        self._settled = asyncio.Event()
        self._ringing = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    @abstractmethod
    def headers(self) -> Message:
        """The message that tells most: a received INVITE, or the last response to a sent one."""

    @property
    def sip_call_id(self) -> str:
        """The Call-ID header."""
        return self.dialog.call_id

    @property
    def is_answered(self) -> bool:
        return self.state is CallState.ANSWERED

    @property
    def is_ended(self) -> bool:
        return self.state is CallState.ENDED

    async def wait_ringing(self, timeout_s: float = 10) -> None:
        """Until the first 180 or 183, or the answer; raises CallFailed when the call ends before."""
        async with deadline(timeout_s, "ringing"):
            await self._ringing.wait()
        if "ringing" not in self.times and "answered" not in self.times:
            raise self.failure or CallOver()

    async def wait_answered(self, timeout_s: float = 10) -> None:
        """Until the 200; raises CallFailed with the status of a refusal (487 after a CANCEL)."""
        async with deadline(timeout_s, "an answer"):
            await self._settled.wait()
        if "answered" not in self.times:
            raise self.failure or CallOver()

    async def wait_ended(self, timeout_s: float = 10) -> None:
        """Until the call is over, for whatever reason."""
        async with deadline(timeout_s, "the end of the call"):
            await self._ended.wait()

    async def hangup(self) -> None:
        """BYE when answered, else CANCEL or a refusal; returns when the other side agreed or timed out."""
        if self.state is CallState.ANSWERED:
            self.mark("bye_sent", Stamp.now())
            await self.request("BYE")
            self.finish()
        elif self.state is CallState.CALLING:
            await self.give_up()

    @abstractmethod
    async def give_up(self) -> None:
        """Ends a call that is not answered."""

    def play(self, sound: Path | str | bytes) -> asyncio.Future[None]:
        """Queues a wave file or PCM16; the future is done when its last packet has left."""
        return self.media.mouth.play(sound if isinstance(sound, bytes) else audio.load_wav(sound))

    async def play_to_end(self, sound: Path | str | bytes) -> None:
        """Plays and waits; returns early when the call ends."""
        await self.play(sound)

    def stop_playing(self) -> None:
        """Back to silence at once."""
        self.media.mouth.hush()

    async def send_digits(self, digits: str, *, tone_ms: int = 120, gap_ms: int = 100) -> None:
        """RFC 4733 events; returns after the last gap, or when the call ends."""
        await self.media.mouth.digits(digits, tone_ms=tone_ms, gap_ms=gap_ms)

    @property
    def received(self) -> bytes:
        """All audio received so far, PCM16 at 8 kHz; what was not sent is silence."""
        return self.media.ear.pcm

    @property
    def digits_received(self) -> str:
        """Digits from RFC 4733 events and SIP INFO."""
        return self.media.ear.digits

    def save_received(self, path: Path | str) -> None:
        """Writes `received` as a wave file."""
        audio.save_wav(path, self.received)

    async def wait_audio(self, rms: float = LOUD_RMS, timeout_s: float = 10) -> None:
        """Until a packet as loud as that comes, from now on."""
        await self.media.ear.wait_sound(rms, timeout_s)

    async def wait_silence(self, duration_s: float, *, rms: float = LOUD_RMS, timeout_s: float = 60) -> None:
        """Until nothing louder has come for that long, counted from now."""
        await self.media.ear.wait_silence(duration_s, rms, timeout_s)

    async def wait_tone(
        self, frequency_hz: float = 1000, timeout_s: float = 10, *, min_ms: int = 100
    ) -> None:
        """Until a pure tone: the first one since the last found, or since `skip_tones`."""
        await self.media.ear.wait_tone(frequency_hz, min_ms, timeout_s)

    def skip_tones(self) -> None:
        """Tones heard until now no longer count for `wait_tone`."""
        self.media.ear.skip()

    async def wait_digits(self, count: int, timeout_s: float = 10) -> str:
        """Until that many digits came since the call began; returns all."""
        return await self.media.ear.wait_digits(count, timeout_s)

    async def hold(self) -> None:
        """A re-INVITE with `sendonly`."""
        await self.reinvite("sendonly")

    async def unhold(self) -> None:
        """A re-INVITE with `sendrecv`."""
        await self.reinvite("sendrecv")

    async def reinvite(self, direction: str) -> Response:
        """Offers a direction; raises CallFailed when refused."""
        response = await self.request("INVITE", body=self.media.offer(direction))
        if response.status == 491:  # both asked at once: RFC 3261, 14.1
            await asyncio.sleep(_GLARE_PAUSE_S)
            response = await self.request("INVITE", body=self.media.offer(direction))
        if response.status >= 300:
            raise CallFailed(response.status, response.reason)
        self.media.accept(response.body)
        return response

    async def refer(self, target: str, timeout_s: float = 30) -> int:
        """Blind transfer with the phone's own key; returns the status that the NOTIFYs ended with.

        As phones do, it hangs up once the transfer has succeeded, and keeps the call when it has not.
        """
        status = await self.transfer.run(self, f"<{self.phone.uri_of(target)}>", timeout_s)
        if status < 300:
            await self.hangup()
        return status

    async def refer_replaces(self, other: Call, timeout_s: float = 30) -> int:
        """Attended transfer: this call's other side takes the place of this phone in `other`; ends as `refer`."""
        status = await self.transfer.run(self, self.transfer.replacing(other.dialog), timeout_s)
        if status < 300:
            await self.hangup()
        return status

    async def request(self, method: str, *, headers: tuple[Header, ...] = (), body: bytes = b"") -> Response:
        """Any request within the call; returns the final response (an accepted INVITE is acknowledged)."""
        sent, response = await exchange(
            self.phone.endpoint,
            self.dialog.address,
            lambda extra: self.dialog.build(
                self.phone.endpoint, method, headers=(*headers, *extra), body=body
            ),
            self.phone.credentials,
        )
        if method == "INVITE" and response.status < 300:
            self.dialog.refresh(response)
            self.acknowledge(sent.cseq[0])
        return response

    def acknowledge(self, sequence: int) -> None:
        """Sends the ACK of an accepted INVITE, and keeps it for copies of the 200."""
        data = self.dialog.build(self.phone.endpoint, "ACK", sequence=sequence).encode()
        self.acks_sent[sequence] = (data, self.dialog.address)
        self.mark("ack", self.phone.endpoint.send(data, self.dialog.address))

    def repeat_ack(self, sequence: int) -> None:
        """A copy of a 200 came: our ACK was lost."""
        if sequence in self.acks_sent:
            self.phone.endpoint.send(*self.acks_sent[sequence])

    def mark(self, name: str, stamp: Stamp) -> None:
        """The first instant of each name counts."""
        self.times.setdefault(name, stamp)

    def note_status(self, status: int, stamp: Stamp) -> None:
        """Keeps a response to the INVITE and what it means."""
        self.status_history.append((status, stamp))
        if status == 100:
            self.mark("trying", stamp)
        elif status in (180, 183):
            self.mark("ringing", stamp)
            self._ringing.set()
        elif 200 <= status < 300:
            self.mark("answered", stamp)
            if self.state is CallState.CALLING:
                self.state = CallState.ANSWERED
            self._ringing.set()
            self._settled.set()

    def finish(self, failure: CallFailed | None = None, stamp: Stamp | None = None) -> None:
        """The call is over; the second time does nothing."""
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self.failure = failure
        self.mark("ended", stamp or Stamp.now())
        self.media.close()
        self.phone.drop(self)
        self.transfer.close()
        for event in (self._settled, self._ringing, self._ended):
            event.set()
