"""The language that a caller chose, from a node's journal into the database and from there to every node."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from agi.drainer import Drainer
from agi.journal import Journal
from agi.languages import Languages
from agi.live import LiveCalls
from agi.numbering import Numbering
from agi.routing import Routing
from callcenter.db.deadline import DatabaseUnavailable
from callcenter.domain.calls import CallEvent, Kind
from callcenter.services.caller_languages import KEPT, forget_old_languages
from callcenter.settings import Settings
from tests.conftest import UowFactory
from tests.integration.test_apply_events import START, Node, answered, arrived, event
from tests.polling import until

NUMBER = "13800138000"


@pytest.fixture
def node(uow_factory: UowFactory) -> Node:
    return Node(uow_factory)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def chose(language: str, after_s: float = 1, linkedid: str = "c.0", own: str = "zh") -> CallEvent:
    return event(Kind.LANGUAGE, after_s, linkedid, language=language, own=own)


def remembered(factory: UowFactory) -> dict[str, str]:
    with factory() as uow:
        return uow.caller_languages.everybody()


def test_a_choice_is_the_calls_and_the_numbers(node: Node, uow_factory: UowFactory) -> None:
    node.apply(arrived(language="zh"))
    assert (node.call().language, remembered(uow_factory)) == ("zh", {})
    node.apply(chose("en"))
    assert (node.call().language, remembered(uow_factory)) == ("en", {NUMBER: "en"})
    node.apply(chose("zh", 5))
    assert (node.call().language, remembered(uow_factory)) == ("zh", {})


def test_what_comes_before_the_arrival_or_is_looked_at_again_counts_once(
    node: Node, uow_factory: UowFactory
) -> None:
    node.apply(chose("en"), chose("zh", 2))
    node.apply(arrived(language="zh"))
    assert remembered(uow_factory) == {}
    node.apply(chose("en", 3))
    # the answer has all of the call's events looked at again
    node.apply(answered(after_s=4))
    assert remembered(uow_factory) == {NUMBER: "en"}


def test_an_older_choice_never_replaces_a_later_one(node: Node, uow_factory: UowFactory) -> None:
    node.apply(arrived("a.0"), arrived("b.0"), chose("en", 60, "b.0"))
    node.apply(chose("zh", 30, "a.0"))
    assert remembered(uow_factory) == {NUMBER: "en"}
    node.apply(chose("zh", 61, "a.0", own="en"))
    assert remembered(uow_factory) == {NUMBER: "zh"}


@pytest.mark.parametrize("caller", [None, "anonymous", "12", "'; DROP TABLE call; --", "x" * 64])
def test_a_withheld_number_or_what_is_none_is_not_remembered(
    node: Node, uow_factory: UowFactory, caller: str | None
) -> None:
    node.apply(arrived(caller=caller, language="zh"), chose("en"))
    assert node.call().language == "en"
    assert remembered(uow_factory) == {}


def test_a_choice_nobody_used_for_a_year_is_forgotten(node: Node, uow_factory: UowFactory) -> None:
    node.apply(arrived(language="zh"), chose("en"))
    later = START + timedelta(days=200)
    again = {"line": "8000", "caller": NUMBER, "caller_name": None, "language": "en", "remembered": True}
    node.apply(CallEvent(linkedid="d.0", at=later, kind=Kind.ARRIVED, data=again))
    for moment, kept in ((later + KEPT, {NUMBER: "en"}), (later + KEPT + timedelta(seconds=1), {})):
        with uow_factory() as uow:
            assert forget_old_languages(uow, moment) == (not kept)
            uow.commit()
        assert remembered(uow_factory) == kept


def test_a_call_of_before_has_no_language(node: Node) -> None:
    node.apply(arrived())
    assert node.call().language is None


def running(settings: Settings, journal: Journal, factory: UowFactory) -> tuple[Drainer, Routing]:
    routing = Routing(journal)
    numbering = Numbering(journal, settings.node, settings.zone)
    return Drainer(settings, journal, LiveCalls(journal), routing, numbering, factory), routing


def test_another_node_knows_it_within_seconds_and_forgets_it_too(
    node: Node, settings: Settings, journal: Journal, uow_factory: UowFactory
) -> None:
    drainer, routing = running(settings.model_copy(update={"node": 2}), journal, uow_factory)
    drainer.start()
    try:
        node.apply(arrived(language="zh"), chose("en"))
        until(lambda: routing.languages.of(NUMBER) == "en", 8)
        node.apply(chose("zh", 9))
        until(lambda: routing.languages.of(NUMBER) is None, 8)
    finally:
        drainer.stop()


def test_a_choice_holds_while_the_database_is_away_and_reaches_it_later(
    settings: Settings, journal: Journal, uow_factory: UowFactory
) -> None:
    away = True

    def sometimes() -> object:
        if away:
            raise DatabaseUnavailable
        return uow_factory()

    drainer, routing = running(settings, journal, sometimes)  # type: ignore[arg-type]  # raises, or gives one
    drainer.start()
    try:
        journal.append(arrived(language="zh"))
        routing.languages.choose(NUMBER, "en", own="zh")
        journal.append(chose("en"))
        assert routing.languages.of(NUMBER) == "en"
        assert Languages(journal).of(NUMBER) == "en", "after a restart of the desk too"
        away = False
        until(lambda: remembered(uow_factory) == {NUMBER: "en"}, 8)
        assert routing.languages.of(NUMBER) == "en"
    finally:
        drainer.stop()


def test_the_database_takes_no_third_language(uow_factory: UowFactory) -> None:
    with uow_factory() as uow, pytest.raises(Exception, match="ck_caller_language_language"):
        uow.session.execute(text("INSERT INTO caller_language VALUES ('555', 'fr', now(), now())"))
