"""Full collections wait for a moment without callers."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from agi import memory
from tests.polling import until


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class Ring:
    """Garbage that only a full collection finds: it refers to itself and has survived the young ones."""

    def __init__(self) -> None:
        self.itself = self


def lost_ring() -> weakref.ref[Ring]:
    ring = Ring()
    gc.collect(1)
    return weakref.ref(ring)


def collector(monkeypatch: pytest.MonkeyPatch, in_progress: Callable[[], int]) -> memory.Collector:
    monkeypatch.setattr(memory, "LOOK_S", 0.01)
    monkeypatch.setattr(memory, "SELDOM_S", 0.02)
    return memory.Collector(in_progress)


def test_nobody_on_the_line_all_garbage_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = collector(monkeypatch, lambda: 0)
    calm.start()
    lost = lost_ring()
    until(lambda: lost() is None)
    calm.stop()


def test_with_callers_it_waits_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def in_progress() -> int:
        looked.append(1)
        return 1

    busy = collector(monkeypatch, in_progress)
    busy.start()
    lost = lost_ring()
    until(lambda: len(looked) > 5)
    assert lost() is not None
    monkeypatch.setattr(memory, "AT_LEAST_S", 0.02)
    until(lambda: lost() is None)
    busy.stop()
