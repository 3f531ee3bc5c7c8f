"""Load on the lines 8002 (all of the product) and 8003 (a bare queue): what the product adds before a phone rings.

The delay of a call is the time from the caller's INVITE to the lab phone's INVITE: the first stamped just before the
system call that sends it, the second by the kernel as it arrives, both by one clock. Each call has a caller number of
its own, which Asterisk hands on in the phone's From, so the two belong together without doubt.

.venv/bin/python -m bench.sip_load --sip-port 5060 --lab-port 5070 [--rate 60] [--seconds 60]   # a running product
"""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle, islice

import uvloop
from rich.console import Console

from bench.desk import Desk
from bench.figures import Figure, percentile, show
from bench.instance import LOOPBACK, Instance
from callcenter.softphone import CallFailed, IncomingCall, OutgoingCall, Phone, SoftphoneError, Stamp

PRODUCT, BARE = "8002", "8003"
RATE = 60.0
SECONDS = 60.0
SLICE_S = 10.0
TALK_S = 2.0
CALLER_BASE = 13_900_000_000
_WARM_UP = 20
ADDED_MS, ADDED_P99_MS = 5.0, 25.0
"""What the product may add to the median and to the 99th percentile."""


@dataclass(slots=True)
class Outcome:
    """What came of the calls to one line."""

    delays_ms: list[float] = field(default_factory=list)
    ringing_ms: list[float] = field(default_factory=list)
    """From the caller's INVITE to the caller's 180 or 200."""
    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return self.answered + self.failed.total()


class LabPhone:
    """Answers every call at once and remembers when its INVITE came."""

    def __init__(self) -> None:
        self.arrivals: dict[str, Stamp] = {}

    def take(self, call: IncomingCall) -> None:
        self.arrivals[call.caller.user] = call.times["invite_received"]
        call.ring_now()
        call.answer_now()


async def place(
    caller: Phone, lab: LabPhone, line: str, number: int, talk_s: float, outcome: Outcome
) -> None:
    """One call: dialled, held, hung up."""
    user = str(CALLER_BASE + number)
    call: OutgoingCall = await caller.dial(line, from_user=user)
    try:
        await call.wait_answered(timeout_s=10)
        await asyncio.sleep(talk_s)
        reached = lab.arrivals.get(user)
        if reached is None:
            outcome.failed["not at the phone"] += 1
            return
        sent = call.times["invite_sent"].monotonic
        outcome.answered += 1
        outcome.delays_ms.append(1000 * (reached.monotonic - sent))
        first = call.times.get("ringing", call.times["answered"])
        outcome.ringing_ms.append(1000 * (first.monotonic - sent))
    except CallFailed as error:
        outcome.failed[str(error)] += 1
    except SoftphoneError:
        outcome.failed["no answer"] += 1
    finally:
        await call.hangup()


async def measure(
    sip_port: int, lab_port: int, *, rate: float = RATE, seconds: float = SECONDS, talk_s: float = TALK_S
) -> dict[str, Outcome]:
    """Both lines in turn, in slices of ten seconds (8002, 8003, 8003, 8002, …), each at `rate` for `seconds` in all.

    A slice begins when the calls of the last one are over.
    """
    outcomes = {PRODUCT: Outcome(), BARE: Outcome()}
    lab = LabPhone()
    server = (LOOPBACK, sip_port)
    slices = max(1, round(seconds / SLICE_S))
    each = round(rate * seconds / slices)
    order = islice(cycle((PRODUCT, BARE, BARE, PRODUCT)), 2 * slices)
    caller = await Phone.open(server=server, user="caller", silent=True)
    phone = await Phone.open(server=server, user="lab", port=lab_port, silent=True)
    async with caller, phone:
        phone.on_invite = lab.take
        number = 0
        for line in (PRODUCT, BARE):
            await asyncio.gather(*(place(caller, lab, line, -1 - n, 0.1, Outcome()) for n in range(_WARM_UP)))
        gc.collect()
        gc.freeze()
        for line in order:
            number = await place_at_rate(caller, lab, line, number, each, rate, talk_s, outcomes[line])
    return outcomes


async def place_at_rate(
    caller: Phone,
    lab: LabPhone,
    line: str,
    first: int,
    count: int,
    rate: float,
    talk_s: float,
    outcome: Outcome,
) -> int:
    """`count` calls, evenly spaced; the number behind the last one's."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for at in range(count):
            await asyncio.sleep(began + at / rate - loop.time())
            group.create_task(place(caller, lab, line, first + at, talk_s, outcome))
    return first + count


def figures(outcomes: dict[str, Outcome], rate: float) -> list[Figure]:
    """Both lines beside each other; the bare queue is held to nothing."""
    found = []
    for line, outcome in outcomes.items():
        failures = ", ".join(f"{count} × {why}" for why, count in outcome.failed.items())
        failed = outcome.failed.total()
        name = f"{line}, {rate:g} calls/s: failed calls of {outcome.calls:,}"
        target = 0 if line == PRODUCT else None
        found.append(Figure(name=name, measured=failed, unit="", target=target, note=failures))
        for share, label, added_ms in ((0.5, "median", ADDED_MS), (0.99, "p99", ADDED_P99_MS)):
            bare = percentile(outcomes[BARE].delays_ms, share)
            found.append(
                Figure(
                    name=f"{line}: INVITE → the phone's INVITE, {label}",
                    measured=percentile(outcome.delays_ms, share),
                    unit="ms",
                    target=bare + added_ms if line == PRODUCT else None,
                )
            )
    return found


def run(instance: Instance) -> list[Figure]:
    """The load on an instance of its own; then every call of the product's line has to be on record, once."""
    outcomes = uvloop.run(measure(instance.sip_port, instance.lab_port))
    placed = outcomes[PRODUCT].calls
    desk = Desk(instance)
    recorded = uvloop.run(desk.until(lambda: _recorded(desk, placed), within_s=60, every_s=0.5))
    name = f"{PRODUCT}: calls recorded exactly once, of {placed:,} placed"
    return [
        *figures(outcomes, RATE),
        Figure(name=name, measured=recorded, unit="", target=placed, at_most=False),
    ]


def _recorded(desk: Desk, placed: int) -> int:
    """How many different callers of the load are on record and have ended; 0 until all are there."""
    callers = [call["caller"] for call in desk.calls() if call["line"] == PRODUCT and call["ended_at"]]
    counted = [caller for caller in callers if int(caller) >= CALLER_BASE]
    return len(counted) if len(set(counted)) == len(counted) >= placed else 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Load on the lab lines of a running product.")
    parser.add_argument("--sip-port", type=int, required=True)
    parser.add_argument("--lab-port", type=int, required=True, help="the port in SHOUWEN_LAB_PHONE")
    parser.add_argument("--rate", type=float, default=RATE, help="calls a second")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each line")
    parser.add_argument("--talk", type=float, default=TALK_S, help="seconds that each call lasts")
    options = parser.parse_args()
    outcomes = uvloop.run(
        measure(
            options.sip_port,
            options.lab_port,
            rate=options.rate,
            seconds=options.seconds,
            talk_s=options.talk,
        )
    )
    show(figures(outcomes, options.rate), Console())


if __name__ == "__main__":
    main()
