"""A helper's process: asked, lost, too slow, too large, begun anew; what one work does costs no other."""

from __future__ import annotations

import threading

import pytest

from callcenter.runtime import calls_first
from callcenter.runtime.helper import Helper, HelperLost, HelperTooLarge, HelperTooSlow
from callcenter.settings import Settings

HAND = "tests.support.hand_voice"
Asked = Helper[tuple[str, str], bytes]
PATIENCE_S = 60.0


@pytest.fixture
def helper(settings: Settings) -> Asked:
    return Asked(settings, HAND, calls_first.SPEAKER)


def ask(helper: Asked, text: str, *, fresh: bool = False, patience_s: float = PATIENCE_S) -> bytes:
    return helper.ask((text, "zh"), patience_s=patience_s, fresh=fresh)


def test_one_process_answers_until_a_fresh_one_is_wanted(helper: Asked) -> None:
    first = ask(helper, "pid")
    assert ask(helper, "pid") == first
    assert ask(helper, "pid", fresh=True) != first


def test_a_fresh_process_is_begun_after_the_work_under_way(helper: Asked) -> None:
    first = ask(helper, "pid")
    answers: list[bytes] = []
    at_work = threading.Event()

    def slow() -> None:
        answers.append(helper.ask(("slow", "zh"), patience_s=PATIENCE_S, meanwhile=at_work.set))

    thread = threading.Thread(target=slow)
    thread.start()
    assert at_work.wait(PATIENCE_S)
    assert ask(helper, "pid", fresh=True) != first
    thread.join(PATIENCE_S)
    assert answers == [first], "who was at work in the first process got an answer"


def test_what_kills_it_or_never_ends_costs_one_work(helper: Asked) -> None:
    with pytest.raises(HelperLost):
        ask(helper, "die")
    ask(helper, "pid")
    with pytest.raises(HelperTooSlow):
        ask(helper, "hang", patience_s=0.5)
    assert ask(helper, "pid")


def test_one_that_takes_too_much_is_ended(settings: Settings) -> None:
    with pytest.raises(HelperTooLarge):
        Asked(settings, HAND, calls_first.SPEAKER, most_bytes=lambda: 1).ask(
            ("hang", "zh"), patience_s=PATIENCE_S
        )


def test_one_that_ends_before_anybody_looks_is_no_wait_without_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full machine who waits for the process is woken late: it may be gone by then."""
    helper = Asked(settings, "tests.support.no_such_module", calls_first.SPEAKER)
    changed, gone = vars(helper)["_changed"], threading.Event()
    lose, wait = vars(Helper)["_lose"], changed.wait

    def lost(helper: Asked, running: object) -> None:
        lose(helper, running)
        gone.set()

    def late(timeout: float | None = None) -> None:
        wait(timeout)
        if threading.current_thread() is threading.main_thread():
            changed.release()
            gone.wait(PATIENCE_S)
            changed.acquire()

    monkeypatch.setattr(Helper, "_lose", lost)
    monkeypatch.setattr(changed, "wait", late)
    with pytest.raises(HelperLost, match="as soon as it begins"):
        ask(helper, "pid")


def test_one_that_cannot_begin_is_given_up(settings: Settings) -> None:
    with pytest.raises(HelperLost, match="as soon as it begins"):
        ask(Asked(settings, "tests.support.no_such_module", calls_first.SPEAKER), "pid")


def test_meanwhile_is_called_until_there_is_an_answer(helper: Asked) -> None:
    calls: list[None] = []
    helper.ask(("slow", "zh"), patience_s=PATIENCE_S, meanwhile=lambda: calls.append(None))
    count = len(calls)
    assert count > 2
