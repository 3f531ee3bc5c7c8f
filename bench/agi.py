"""The FastAGI server: sessions a second beside panoramisk, calls at a steady rate, many sessions held open.

.venv/bin/python -m bench.agi HOST:PORT [--entry NAME] [--clients 50] [--seconds 10]    # any FastAGI server
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import uvloop
from rich.console import Console

from bench import agi_client
from bench.agi_client import Address, Tally, environment
from bench.figures import Figure, percentile, show
from bench.instance import LOOPBACK, Instance

CLIENTS = 50
ROUNDS = 3
ROUND_S = 4.0
CALLS_A_SECOND = 100
PACED_S = 15.0
HELD = 1000
LEAST_SESSIONS = 1000.0
"""A second; at 60 calls a second Asterisk asks for some 180."""
SHARE_OF_PANORAMISK = 0.4


def run(instance: Instance) -> list[Figure]:
    """All figures of the FastAGI server; calls made up here end in the instance's journal."""
    return [*_three_commands(), *uvloop.run(_paced(instance)), *uvloop.run(_held(instance))]


def plain(number: int, entry: str = "bench") -> bytes:
    """A session of the servers that answer three commands."""
    uniqueid = f"1700000000.{number}"
    return environment(
        entry, (uniqueid,), channel=f"PJSIP/trunk-{number:08x}", uniqueid=uniqueid, number="13900000000"
    )


@contextmanager
def _server(module: str) -> Iterator[tuple[Address, psutil.Process]]:
    """Starts one of the servers beside this file; it prints its port."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield (LOOPBACK, port), psutil.Process(process.pid)
        finally:
            process.terminate()


def _three_commands() -> list[Figure]:
    """Both servers in turn, three times: what disturbs the machine disturbs both."""
    best: dict[str, Tally] = {}
    with _server("bench.own_server") as (own, _), _server("bench.panoramisk_server") as (other, _):
        for _ in range(ROUNDS):
            for name, address in (("panoramisk", other), ("own", own)):
                tally = uvloop.run(agi_client.saturate(address, CLIENTS, ROUND_S, plain))
                if name not in best or tally.rate > best[name].rate:
                    best[name] = tally
    own_tally, other_tally = best["own"], best["panoramisk"]
    what = f"{CLIENTS} clients, 3 commands, no journal"
    return [
        Figure(
            name=f"FastAGI sessions ({what})",
            measured=own_tally.rate,
            unit="/s",
            target=LEAST_SESSIONS,
            at_most=False,
            note=f"{own_tally.failed} failed",
        ),
        Figure(
            name=f"panoramisk ({what})",
            measured=other_tally.rate,
            unit="/s",
            note=f"{other_tally.failed} failed",
        ),
        Figure(
            name="share of panoramisk",
            measured=own_tally.rate / other_tally.rate,
            unit="×",
            target=SHARE_OF_PANORAMISK,
            at_most=False,
        ),
        Figure(name="session latency p50", measured=1000 * percentile(own_tally.latencies_s, 0.5), unit="ms"),
        Figure(
            name="session latency p99", measured=1000 * percentile(own_tally.latencies_s, 0.99), unit="ms"
        ),
    ]


async def _paced(instance: Instance) -> list[Figure]:
    """Whole calls at a steady rate: arrive, answered and ended, each one written to the journal."""
    address = (LOOPBACK, instance.agi_port)
    tallies = {entry: Tally() for entry in ("arrive", "answered", "ended")}
    epoch = int(time.time())

    async def call(number: int) -> None:
        linkedid = f"{epoch}.{2 * number}"
        caller = {"channel": f"PJSIP/trunk-{number:08x}", "uniqueid": linkedid, "number": f"138{number:08d}"}
        staff = {
            "channel": f"PJSIP/101-{number:08x}",
            "uniqueid": f"{epoch}.{2 * number + 1}",
            "number": "8000",
        }
        await agi_client.converse(
            address, environment("arrive", (linkedid, "8000", "open"), **caller), tallies["arrive"]
        )
        await asyncio.sleep(0.5)
        await agi_client.converse(address, environment("answered", (linkedid,), **staff), tallies["answered"])
        await asyncio.sleep(0.5)
        await agi_client.converse(address, environment("ended", (linkedid,), **caller), tallies["ended"])

    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(round(CALLS_A_SECOND * PACED_S)):
            await asyncio.sleep(began + number / CALLS_A_SECOND - loop.time())
            group.create_task(call(number))
    figures = [
        Figure(
            name=f"{entry} p{share:.0%}".replace("%", ""),
            measured=1000 * percentile(tally.latencies_s, share),
            unit="ms",
        )
        for entry, tally in tallies.items()
        for share in (0.5, 0.99)
    ]
    failed = sum(tally.failed for tally in tallies.values())
    wanted = 3 * round(CALLS_A_SECOND * PACED_S)
    return [
        Figure(
            name=f"failed sessions of {wanted:,} ({CALLS_A_SECOND} calls/s, journal)",
            measured=failed,
            unit="",
            target=0,
        ),
        *figures,
        await _drained(instance),
    ]


async def _drained(instance: Instance) -> Figure:
    """How long after the last call the journal's backlog is in the database."""
    began = time.monotonic()
    while time.monotonic() - began < 120 and _backlog(instance) != 0:
        await asyncio.sleep(0.1)
    return Figure(
        name="journal in the database after the last call", measured=time.monotonic() - began, unit="s"
    )


def _backlog(instance: Instance) -> int | None:
    parts = instance.health().get("parts")
    journal = parts.get("journal") if isinstance(parts, dict) else None
    backlog = journal.get("backlog") if isinstance(journal, dict) else None
    return backlog if isinstance(backlog, int) else None


async def _held(instance: Instance) -> list[Figure]:
    """Callers who are all leaving a message: every session waits for the reply to its first command."""
    process = instance.process("shouwen agi")
    before = process.memory_info().rss
    address = (LOOPBACK, instance.agi_port)
    began = time.monotonic()

    def make(number: int) -> bytes:
        linkedid = f"{int(time.time())}.9{number}"
        return environment(
            "callback",
            (linkedid, "closed"),
            channel=f"PJSIP/trunk-9{number:07x}",
            uniqueid=linkedid,
            number=f"137{number:08d}",
            extension="8001",
        )

    sessions = await agi_client.hold(address, HELD, make)
    opened_s = time.monotonic() - began
    during = process.memory_info().rss
    probe = Tally()
    for number in range(50):
        await agi_client.converse(address, plain(number, "health"), probe)
    for session in sessions:
        session.abort()
    return [
        Figure(name=f"opening {HELD:,} sessions that stay", measured=opened_s, unit="s"),
        Figure(name=f"memory of agi with {HELD:,} sessions", measured=during / 1e6, unit="MB"),
        Figure(name="memory of one session", measured=(during - before) / HELD / 1e3, unit="kB"),
        Figure(
            name="another session meanwhile, p99",
            measured=1000 * percentile(probe.latencies_s, 0.99),
            unit="ms",
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Sessions a second of any FastAGI server.")
    parser.add_argument("address", help="host:port")
    parser.add_argument("--entry", default="bench", help="path of agi://host:port/ENTRY")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    tally = uvloop.run(
        agi_client.saturate(
            (host, int(port)), options.clients, options.seconds, lambda number: plain(number, options.entry)
        )
    )
    show(
        [
            Figure(name="sessions", measured=tally.rate, unit="/s", note=f"{tally.commands:,} commands"),
            Figure(name="latency p50", measured=1000 * percentile(tally.latencies_s, 0.5), unit="ms"),
            Figure(name="latency p99", measured=1000 * percentile(tally.latencies_s, 0.99), unit="ms"),
            Figure(name="failed", measured=tally.failed, unit="", target=0),
        ],
        Console(),
    )


if __name__ == "__main__":
    main()
