"""`python -m bench [NAME …]`: starts a product of its own, runs the benchmarks named (all of them by default).

A benchmark is a module with `run(instance) -> list[Figure]` and an entry below.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from rich.console import Console

from bench.figures import Figure, show
from bench.instance import running

BENCHES = {
    "agi": ("bench.agi", "FastAGI sessions, alone and beside panoramisk"),
    "waits": ("bench.waits", "after pressing 1, for the ticket, for the live board"),
    "truth": ("bench.truth", "100 calls: the record beside what the phones did"),
    "transcribe": ("bench.transcribe", "a 10 s message becomes text"),
    "speech": ("bench.speech", "character and word errors, speed and memory of the recognisers in use"),
    "message": ("bench.message", "the text of a 15 s message after hang-up, through the whole product"),
    "transcribing": ("bench.transcribing", "call set-up while recordings are transcribed"),
    "due_times": ("bench.due_times", "due times of the engine, on one core"),
    "breaches": ("bench.breaches", "how soon a breach is recorded, beside two workers"),
    "million": ("bench.million", "a million open tickets"),
    "load": ("bench.sip_load", "calls on the lab lines, a minute each"),
}
BUSY = 0.5
"""Load average of the last minute above which figures tell more about the neighbours than about the product."""


def main() -> int:
    """Prints one table; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="The product's figures.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=", ".join(f"{n}: {w}" for n, (_, w) in BENCHES.items())
    )
    parser.add_argument("--keep", action="store_true", help="keep the instance's home for a look at its logs")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    console = Console()
    busy = os.getloadavg()[0]
    if busy > BUSY:
        console.print(
            f"warning: this machine is busy with other work (load {busy:.1f}): the figures will be too high"
        )
    found: list[Figure] = []
    with console.status("starting an instance …") as status, running(keep=options.keep) as instance:
        for name in options.names or BENCHES:
            module, what = BENCHES[name]
            status.update(f"{what} …")
            found += import_module(module).run(instance)
    show(found, console)
    return 0 if all(figure.kept for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
