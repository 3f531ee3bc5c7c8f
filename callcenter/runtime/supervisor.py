"""Keeps the parts of the product running: starts the dead again, kills the frozen, ends all in good order."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

STEADY_S = 60.0
"""A part that lived at least this long is started again at once when it dies."""

LONGEST_PAUSE_S = 60.0
EAGER_S = 0.1
"""How often a part that has just started is asked for its first answer."""

STOP_SIGNAL_S = (5.5, 7.5, 8.5)
"""Seconds after the order to stop: what is left is killed, the last wave is pressed, then killed too."""


def restart_pause_s(failures: int) -> float:
    """Seconds before the next start: 0, then 2, 4 … after so many early deaths in a row."""
    return 0.0 if failures == 0 else min(2.0**failures, LONGEST_PAUSE_S)


@dataclass(kw_only=True, slots=True)
class Watch:
    """Decides from the answers of a part whether it is frozen."""

    probe: Callable[[], bool]
    """Asks the part; False when no answer came. May take as long as `silence_s`."""
    silence_s: float = 3.0
    grace_s: float = 15.0
    """From the start to the first answer silence is forgiven so long."""
    every_s: float = 1.0
    started_at: float = 0.0
    asked_since: float | None = None
    """When the first question was put that has no answer yet."""
    has_answered: bool = False

    def restarted(self, now: float) -> None:
        """Forget what an earlier process of this part said."""
        self.started_at, self.asked_since, self.has_answered = now, None, False

    def asked(self, now: float) -> None:
        """A question goes out."""
        if self.asked_since is None:
            self.asked_since = now

    def answered(self) -> None:
        """It was answered."""
        self.asked_since, self.has_answered = None, True

    def is_frozen(self, now: float) -> bool:
        """Whether a question has been open for the whole silence, and the time of grace is over."""
        if self.asked_since is None or now - self.asked_since < self.silence_s:
            return False
        return self.has_answered or now - self.started_at >= self.grace_s


@dataclass(kw_only=True, slots=True)
class Part:
    """One process that is to run all the time."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    wave: int
    """Its turn when all is ended: 0 first."""
    gentle: int = signal.SIGTERM
    pressing: int = signal.SIGKILL
    """Signals that ask it to end, and that press it when it takes too long."""
    watch: Watch | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float | None = None
    """When it is to be started again; None while it runs."""

    @property
    def is_running(self) -> bool:
        """Whether its process has not ended."""
        return self.process is not None and self.process.poll() is None


@dataclass(kw_only=True, slots=True)
class Supervisor:
    """The parts, in the order of their start. Its methods are called from the main thread alone."""

    tell: Callable[[str], None]
    parts: list[Part] = field(default_factory=list)
    watchers: list[threading.Thread] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def add(self, part: Part) -> None:
        """Start a part and keep it running from now on."""
        self.parts.append(part)
        self._start(part)
        if part.watch is not None:
            thread = threading.Thread(target=self._ask, args=(part, part.watch), daemon=True)
            self.watchers.append(thread)
            thread.start()

    def _start(self, part: Part) -> None:
        now = time.monotonic()
        part.started_at, part.due_at = now, None
        if part.watch is not None:
            part.watch.restarted(now)
        try:
            part.process = part.spawn()
        except (OSError, subprocess.SubprocessError) as error:
            part.process = None
            self.tell(f"{part.name} could not be started: {error}")
            self._plan(part, now)

    def _plan(self, part: Part, now: float) -> None:
        """Say when a part that ended is to be started again."""
        if now - part.started_at >= STEADY_S:
            part.failures = 0
        pause_s = restart_pause_s(part.failures)
        part.failures += 1
        part.due_at = now + pause_s
        when = f"in {pause_s:.0f} s" if pause_s else "now"
        self.tell(f"{part.name} ended ({_ending(part.process)}), starting it again {when}")

    def tick(self) -> None:
        """Look at every part once; call it several times a second."""
        for part in self.parts:
            now = time.monotonic()
            if part.due_at is not None:
                if now >= part.due_at:
                    self._start(part)
            elif not part.is_running:
                self._plan(part, now)
            elif part.watch is not None and part.watch.is_frozen(now) and part.process is not None:
                self.tell(f"{part.name} does not answer for {part.watch.silence_s:.0f} s: killed")
                part.process.kill()
                part.process.wait()

    def _ask(self, part: Part, watch: Watch) -> None:
        # from the first answer on silence counts
        while not self.stopping.wait(watch.every_s if watch.has_answered else EAGER_S):
            asked = part.process
            watch.asked(time.monotonic())
            # An answer counts only for the process that was asked.
            if watch.probe() and asked is part.process:
                watch.answered()

    def stop(self) -> None:
        """End every part within 10 s: wave after wave gently, then what is left by force."""
        self.stopping.set()
        began = time.monotonic()
        waves = sorted({part.wave for part in self.parts})
        for wave in waves:
            members = [part for part in self.parts if part.wave == wave and part.is_running]
            is_last = wave == waves[-1]
            _signal(members, lambda part: part.gentle)
            share_s = STOP_SIGNAL_S[1] if is_last else STOP_SIGNAL_S[0] * (wave + 1) / max(len(waves) - 1, 1)
            if not _all_end(members, began + share_s):
                _signal(members, lambda part: part.pressing)
                if not _all_end(members, began + STOP_SIGNAL_S[2] if is_last else time.monotonic() + 0.5):
                    _signal(members, lambda _part: signal.SIGKILL)
        _all_end(self.parts, began + STOP_SIGNAL_S[2] + 0.5)


def _ending(process: subprocess.Popen[bytes] | None) -> str:
    if process is None or process.returncode is None:
        return "not started"
    if process.returncode >= 0:
        return f"exit code {process.returncode}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-process.returncode).name
    return f"signal {-process.returncode}"


def _signal(parts: Sequence[Part], which: Callable[[Part], int]) -> None:
    for part in parts:
        if part.is_running and part.process is not None:
            part.process.send_signal(which(part))
            # One that was stopped takes the signal only when it goes on.
            part.process.send_signal(signal.SIGCONT)


def _all_end(parts: Sequence[Part], deadline: float) -> bool:
    while any(part.is_running for part in parts):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
