"""What transcription at full load does to call set-up: line 8002 in turn with and without a recogniser at work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Slices of ten seconds in turn; the recogniser runs as the worker runs it: one thread, the worker's priority."""
    quiet, busy = uvloop.run(_measure(instance))
    p99 = percentile(quiet.delays_ms, 0.99)
    ratio = percentile(busy.delays_ms, 0.99) / p99
    return [
        Figure(
            name=f"{PRODUCT} at {RATE:g} calls/s: INVITE → the phone's INVITE, p99", measured=p99, unit="ms"
        ),
        Figure(name="the same while recordings are transcribed, ratio", measured=ratio, unit="", target=MOST),
    ]


async def _measure(instance: Instance) -> tuple[Outcome, Outcome]:
    outcomes = Outcome(), Outcome()
    lab = LabPhone()
    server = (LOOPBACK, instance.sip_port)
    caller = await Phone.open(server=server, user="caller", silent=True)
    phone = await Phone.open(server=server, user="lab", port=instance.lab_port, silent=True)
    number = 500_000
    async with caller, phone:
        phone.on_invite = lab.take
        for index in range(2 * ROUNDS):
            count = round(RATE * SLICE_S)
            outcome = outcomes[index % 2]
            if index % 2:
                with _transcribing():
                    number = await place_at_rate(caller, lab, PRODUCT, number, count, RATE, TALK_S, outcome)
            else:
                number = await place_at_rate(caller, lab, PRODUCT, number, count, RATE, TALK_S, outcome)
    return outcomes


def _step_back() -> None:
    os.nice(NICE)


@contextmanager
def _transcribing() -> Iterator[None]:
    """A recogniser that never rests, in a process of its own."""
    command = [sys.executable, "-m", "bench.transcribing_forever", str(VOICE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=_step_back)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # the model is loaded
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
