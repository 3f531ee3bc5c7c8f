"""How many due times a second the engine works out, on one core, of every limit of a policy in equal parts."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from bench.figures import Figure
from bench.instance import Instance
from callcenter.domain.clocks import due_time
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book

TARGET_PER_S = 50_000
COUNT = 100_000
FIRST = datetime(2007, 1, 1, tzinfo=UTC)
YEARS = 19


def run(instance: Instance) -> list[Figure]:
    """Instants all over the published years; the median of five rounds, and the first with nothing in any cache."""
    rules = load_rule_book("huizhou-school", ChineseHolidays()).of("huizhou-school")
    limits = [clock.limit for clock in rules.policy.clocks.values()]
    chance = random.Random(7)
    starts = [FIRST + timedelta(seconds=chance.randrange(YEARS * 365 * 86_400)) for _ in range(COUNT)]
    rates = []
    for _ in range(5):
        begun = time.process_time()
        for index, start in enumerate(starts):
            due_time(limits[index % len(limits)], start, rules.calendar)
        rates.append(COUNT / (time.process_time() - begun))
    note = f"{len(limits)} limits, {COUNT:,} instants of {YEARS} years"
    return [
        Figure(
            name="due times",
            measured=sorted(rates)[2],
            unit="/s",
            target=TARGET_PER_S,
            at_most=False,
            note=note,
        ),
        Figure(name="due times, first round", measured=rates[0], unit="/s", note="nothing in any cache"),
    ]
