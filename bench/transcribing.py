"""What transcription at full load does to call set-up: line 8002 in turn with and without a recogniser at work.

Beside it, for the machine: the same with a loop that does nothing, at the lowest priority the system has. Where two
CPUs are two threads of one core, whatever runs on one slows the other, and that no priority can change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import product
from pathlib import Path

import uvloop

from bench.figures import Figure, percentile
from bench.instance import LOOPBACK, Instance
from bench.sip_load import PRODUCT, SLICE_S, TALK_S, LabPhone, Outcome, place_at_rate
from callcenter.softphone import Phone
from transcripts.worker import NICE

RATE = 20.0
ROUNDS = 3
MOST = 1.10
"""Of the p99 without transcription."""
VOICE = Path(__file__).parents[1] / "tests" / "voices" / "zh-message-01.wav"


def run(instance: Instance) -> list[Figure]:
    """Slices of ten seconds in turn; the recogniser runs as the worker runs it (`transcripts.aside`)."""
    quiet, busy, looping = (percentile(each.delays_ms, 0.99) for each in uvloop.run(_measure(instance)))
    return [
        Figure(
            name=f"{PRODUCT} at {RATE:g} calls/s: INVITE → the phone's INVITE, p99", measured=quiet, unit="ms"
        ),
        Figure(
            name="the same while recordings are transcribed, ratio",
            measured=busy / quiet,
            unit="",
            target=MOST,
        ),
        Figure(name="the same beside an idle loop, ratio", measured=looping / quiet, unit=""),
    ]


async def _measure(instance: Instance) -> tuple[Outcome, Outcome, Outcome]:
    outcomes = Outcome(), Outcome(), Outcome()
    beside = (nullcontext, partial(_transcribing, instance), _looping)
    lab = LabPhone()
    server = (LOOPBACK, instance.sip_port)
    caller = await Phone.open(server=server, user="caller", silent=True)
    phone = await Phone.open(server=server, user="lab", port=instance.lab_port, silent=True)
    number = 500_000
    async with caller, phone:
        phone.on_invite = lab.take
        for _, (outcome, work) in product(range(ROUNDS), list(zip(outcomes, beside, strict=True))):
            count = round(RATE * SLICE_S)
            with work():
                number = await place_at_rate(caller, lab, PRODUCT, number, count, RATE, TALK_S, outcome)
    return outcomes


def _step_back() -> None:
    os.nice(NICE)


def _transcribing(instance: Instance) -> AbstractContextManager[None]:
    """A recogniser that never rests."""
    command = [sys.executable, "-m", "bench.transcribing_forever", str(VOICE)]
    return _running(command, _step_back, {**os.environ, "SHOUWEN_HOME": str(instance.home)})


def _looping() -> AbstractContextManager[None]:
    """Nothing, all the time, whenever nobody else wants the CPU (sched(7), SCHED_IDLE)."""
    command = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    return _running(command, lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)))


@contextmanager
def _running(
    command: list[str], step_back: Callable[[], None], environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A process of its own, once it has printed a line: it is ready."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=step_back, env=environment)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
