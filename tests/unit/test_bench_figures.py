"""Figures of the benchmarks: percentiles by nearest rank, and when a target is kept."""

from __future__ import annotations

import math

import pytest

from bench.figures import Figure, percentile


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 2.0), (0.75, 3.0), (0.76, 4.0), (0.99, 4.0), (1.0, 4.0), (0.0, 1.0)],
)
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], share) == expected


def test_nothing_measured_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


@pytest.mark.parametrize(
    ("measured", "at_most", "kept"),
    [(5.0, True, True), (5.1, True, False), (4.9, True, True), (5.0, False, True), (4.9, False, False)],
)
def test_a_target_is_kept_exactly_at_it(measured: float, at_most: bool, kept: bool) -> None:
    assert Figure(name="x", measured=measured, unit="ms", target=5.0, at_most=at_most).kept is kept


def test_what_was_not_measured_does_not_keep_its_target() -> None:
    assert not Figure(name="x", measured=math.nan, unit="ms", target=5.0).kept


def test_without_a_target_there_is_no_ratio_and_nothing_to_miss() -> None:
    figure = Figure(name="x", measured=5.0, unit="ms")
    assert figure.kept
    assert figure.ratio is None
