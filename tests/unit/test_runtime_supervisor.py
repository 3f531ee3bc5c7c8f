"""When a part is started again, and when it counts as frozen."""

from __future__ import annotations

import pytest

from callcenter.runtime.supervisor import Watch, restart_pause_s


@pytest.mark.parametrize(
    ("failures", "pause_s"),
    [(0, 0), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60), (1000, 60)],
)
def test_pause_before_the_next_start(failures: int, pause_s: float) -> None:
    assert restart_pause_s(failures) == pause_s


def watch() -> Watch:
    fresh = Watch(probe=lambda: True, silence_s=3, grace_s=15)
    fresh.restarted(100)
    return fresh


def test_a_part_that_was_well_is_frozen_after_exactly_three_silent_seconds() -> None:
    asked = watch()
    asked.asked(101)
    asked.answered()
    asked.asked(102)
    assert not asked.is_frozen(104.999)
    assert asked.is_frozen(105)


def test_silence_counts_from_the_first_open_question() -> None:
    asked = watch()
    asked.asked(101)
    asked.answered()
    asked.asked(102)
    asked.asked(103)
    assert asked.is_frozen(105)


def test_until_the_first_answer_a_start_may_take_fifteen_seconds() -> None:
    asked = watch()
    asked.asked(101)
    assert not asked.is_frozen(114.999)
    assert asked.is_frozen(115)


def test_an_answer_ends_the_silence() -> None:
    asked = watch()
    asked.asked(101)
    asked.answered()
    assert not asked.is_frozen(200)


def test_a_new_process_is_not_blamed_for_the_old_one() -> None:
    asked = watch()
    asked.asked(101)
    asked.answered()
    asked.asked(102)
    asked.restarted(106)
    asked.asked(107)
    assert not asked.is_frozen(120)
