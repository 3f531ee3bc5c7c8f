"""The sending side of a call's audio: a packet every 20 ms on a fixed schedule, silence when idle."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.softphone import audio, rtp
from callcenter.softphone.rtp import FRAME_MS, FRAME_SAMPLES

_FRAME_S = FRAME_MS / 1000
_CATCH_UP_FRAMES = 10
"""Frames late by more than this are skipped; fewer are sent at once: no speech is lost to a busy loop."""


@dataclass(slots=True)
class _Clip:
    pcm: bytes
    done: asyncio.Future[None]
    at: int = 0


class Mouth:
    """Paces packets from `start()` to `stop()`. Digits go first and hold up a playing clip."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._send = send
        self._clips: deque[_Clip] = deque()
        self._digits: deque[tuple[rtp.DigitFrame, asyncio.Future[None] | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._sequence = secrets.randbelow(1 << 16)
        self._timestamp = secrets.randbelow(1 << 31)
        self._event_timestamp = 0
        self._ssrc = secrets.randbits(32)
        self._first = True
        self.codec = 0
        self.event_type: int | None = None
        self.muted = False
        """True: nothing is sent (the other side does not want to hear); clips wait."""

    def start(self) -> None:
        if self._timer is None:
            self._due = self._loop.time()
            self._tick()

    def stop(self) -> None:
        """Ends for good; whoever waits for a clip or digit goes on."""
        if self._timer is not None:
            self._timer.cancel()
        waiting = [clip.done for clip in self._clips] + [done for _, done in self._digits if done]
        self._clips.clear()
        self._digits.clear()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def play(self, pcm: bytes) -> asyncio.Future[None]:
        """Queues PCM16 behind what plays already; the future is done when the last frame has left."""
        done = self._loop.create_future()
        if pcm:
            self._clips.append(_Clip(pcm, done))
        else:
            done.set_result(None)
        return done

    def hush(self) -> None:
        """Drops what is playing and queued."""
        for clip in self._clips:
            if not clip.done.done():
                clip.done.set_result(None)
        self._clips.clear()

    def digits(self, text: str, *, tone_ms: int, gap_ms: int) -> asyncio.Future[None]:
        """Queues digits; the future is done when the last gap has passed."""
        done = self._loop.create_future()
        frames = [
            frame for digit in text for frame in rtp.digit_frames(digit, tone_ms=tone_ms, gap_ms=gap_ms)
        ]
        if not frames:
            done.set_result(None)
        for at, frame in enumerate(frames):
            self._digits.append((frame, done if at == len(frames) - 1 else None))
        return done

    def _tick(self) -> None:
        now = self._loop.time()
        late = int((now - self._due) / _FRAME_S)
        if late > _CATCH_UP_FRAMES:
            skipped = late - _CATCH_UP_FRAMES
            self._due += skipped * _FRAME_S
            self._timestamp = (self._timestamp + skipped * FRAME_SAMPLES) & 0xFFFFFFFF
        while self._due <= now:
            self._frame()
            self._due += _FRAME_S
        self._timer = self._loop.call_at(self._due, self._tick)

    def _frame(self) -> None:
        if self.muted:
            self._advance()
            return
        if self._digits:
            frame, done = self._digits.popleft()
            self._digit(frame)
            if done is not None and not done.done():
                done.set_result(None)
        elif self._clips:
            self._speak()
        else:
            self._audio(audio.SILENCE[self.codec] * FRAME_SAMPLES)
        self._advance()

    def _advance(self) -> None:
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF

    def _speak(self) -> None:
        clip = self._clips[0]
        block = clip.pcm[clip.at : clip.at + 2 * FRAME_SAMPLES]
        clip.at += len(block)
        self._audio(audio.encode(block, self.codec).ljust(FRAME_SAMPLES, audio.SILENCE[self.codec]))
        if clip.at >= len(clip.pcm):
            self._clips.popleft()
            if not clip.done.done():
                clip.done.set_result(None)

    def _digit(self, frame: rtp.DigitFrame) -> None:
        if frame.payload is None or self.event_type is None:
            self._audio(audio.SILENCE[self.codec] * FRAME_SAMPLES)
            return
        if frame.starts:
            self._event_timestamp = self._timestamp
        self._packet(self.event_type, self._event_timestamp, frame.payload, frame.starts)

    def _audio(self, payload: bytes) -> None:
        self._packet(self.codec, self._timestamp, payload, self._first)
        self._first = False

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> None:
        packet = rtp.Packet(payload_type, self._sequence, timestamp, self._ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._send(packet.encode())
