"""The recogniser's reading of own recordings: a help to notice a wrong file, never in anybody's way."""

from __future__ import annotations

import pytest

from callcenter.domain.own_prompts import Converted, PromptId
from callcenter.domain.staff import Role
from callcenter.services.own_prompts import add_version
from callcenter.services.staff import add_staff
from tests.conftest import UowFactory
from tests.support.desk import NOW
from tests.support.recognisers import FakeRecogniser
from tests.support.sounds import speech, wav
from transcripts.engine import Recogniser
from transcripts.errors import EngineFailed, ModelMissing
from transcripts.own_prompts import PromptReader

CLOSED = PromptId(language="zh", key="closed")


@pytest.fixture
def make(uow_factory: UowFactory) -> UowFactory:
    with uow_factory() as uow:
        add_staff(uow, extension="104", name="陈国强", role=Role.MANAGER, now=NOW)
        for hz in (8_000, 16_000):
            sound = wav(speech(16_000), 16_000, 1)
            converted = Converted(sha256=f"{hz}", seconds=2.5, doubts=(), wav8=sound, wav16=sound)
            add_version(uow, CLOSED, converted, file_name="", wording="", note="", by="104", now=NOW)
        uow.commit()
    return uow_factory


def readings(make: UowFactory) -> dict[int, str | None]:
    with make() as uow:
        return dict(uow.own_prompts.readings(CLOSED))


def test_each_recording_is_read_once_the_latest_first(make: UowFactory) -> None:
    fake = FakeRecogniser("您好请按一")
    reader = PromptReader(make, lambda language: fake)
    reader.run_once()
    assert list(readings(make)) == [2]
    for _ in range(3):
        reader.run_once()
    assert set(readings(make)) == {1, 2}
    assert fake.heard == 2
    assert all(text and "您好" in text for text in readings(make).values())


def test_what_holds_no_speech_is_noted_as_such(make: UowFactory) -> None:
    PromptReader(make, lambda language: FakeRecogniser("")).run_once()
    assert readings(make) == {2: None}


def test_a_recogniser_that_fails_keeps_nobody_waiting(make: UowFactory) -> None:
    fake = FakeRecogniser(error=EngineFailed())
    reader = PromptReader(make, lambda language: fake)
    for _ in range(4):
        reader.run_once()
    assert fake.heard == 2
    assert readings(make) == {}


def test_without_a_model_it_waits_for_one(make: UowFactory) -> None:
    found: list[Recogniser] = []

    def choose(language: str) -> Recogniser:
        if not found:
            raise ModelMissing("no model")
        return found[0]

    reader = PromptReader(make, choose)
    reader.run_once()
    assert readings(make) == {}
    found.append(FakeRecogniser("您好"))
    reader.run_once()
    assert readings(make) == {2: "您好"}
