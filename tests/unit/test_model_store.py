"""What is installed can be checked against what it should be, and removed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.runtime.models import catalogue, store
from callcenter.runtime.models.catalogue import Model, Source
from callcenter.runtime.models.errors import ModelAbsent, UnknownModel
from callcenter.settings import Settings
from tests.support.wheels import model

AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "shouwen" / "models"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A catalogue with one model, of which every file is known."""
    digests = {"m": "", "deep/g": ""}
    small = model(Source(parts=(), checksums=digests))
    monkeypatch.setattr(catalogue, "CATALOGUE", (small,))
    monkeypatch.setattr(store, "CATALOGUE", (small,))
    return small


def install(models: Path, *, pinned: bool, record: bool = True) -> Path:
    place = models / "small"
    (place / "deep").mkdir(parents=True)
    (place / "m").write_bytes(b"m")
    (place / "deep" / "g").write_bytes(b"g")
    if record:
        store.write_record(place, "https://vendor.example/small.zip", pinned=pinned, at=AT)
    return place


def pin(known: Model, place: Path) -> None:
    (source,) = known.sources
    assert isinstance(source.checksums, dict)
    source.checksums.update(store.checksums(place))


@pytest.mark.parametrize("record", [False, True])
def test_a_pinned_model_is_compared_with_the_catalogue(models: Path, known: Model, record: bool) -> None:
    place = install(models, pinned=True, record=record)
    pin(known, place)
    finding = store.verify(Settings(), "small")
    assert (finding.faults, finding.compared_with) == ((), "the checksums in the catalogue")
    (place / "deep" / "g").write_bytes(b"G")
    (place / "m").unlink()
    assert store.verify(Settings(), "small").faults == ("m is missing", "deep/g is damaged")


def test_a_forged_record_does_not_hide_damage_to_a_pinned_model(models: Path, known: Model) -> None:
    place = install(models, pinned=True)
    pin(known, place)
    (place / "m").write_bytes(b"evil")
    store.write_record(place, "package index", pinned=True, at=AT)
    assert store.verify(Settings(), "small").faults == ("m is damaged",)


def test_a_vendors_model_is_compared_with_what_first_came(models: Path, known: Model) -> None:
    place = install(models, pinned=False)
    finding = store.verify(Settings(), "small")
    assert finding.faults == ()
    assert finding.compared_with == "what arrived on 2026-11-23 from https://vendor.example/small.zip"
    (place / "m").write_bytes(b"changed")
    assert store.verify(Settings(), "small").faults == ("m is damaged",)


@pytest.mark.parametrize("record", [None, "", "[]", '{"files": 3}', "\x00"])
def test_a_vendors_model_without_a_record_cannot_be_judged(
    models: Path, monkeypatch: pytest.MonkeyPatch, record: str | None
) -> None:
    unknown = model(Source(parts=()))
    monkeypatch.setattr(catalogue, "CATALOGUE", (unknown,))
    place = install(models, pinned=False, record=False)
    if record is not None:
        (place / store.RECORD).write_text(record)
    (fault,) = store.verify(Settings(), "small").faults
    assert "nobody can tell" in fault


def test_what_is_not_there_is_said(known: Model) -> None:
    with pytest.raises(ModelAbsent, match="shouwen models get small"):
        store.verify(Settings(), "small")
    with pytest.raises(ModelAbsent):
        store.remove(Settings(), "small")
    with pytest.raises(UnknownModel):
        store.remove(Settings(), "../../etc")


def test_removal_takes_the_broken_downloads_too(models: Path, known: Model) -> None:
    install(models, pinned=False)
    (models / "small.partial").mkdir()
    (models / "small.partial" / "x.part").write_bytes(b"1234")
    assert store.remove(Settings(), "small") > 4
    assert [entry.name for entry in models.iterdir()] == ["small.lock"]


def test_removal_takes_what_was_made_of_the_model(models: Path, known: Model) -> None:
    made = store.made_of(install(models, pinned=False))
    made.mkdir()
    (made / "faster.onnx").write_bytes(b"123456")
    assert store.remove(Settings(), "small") > 6
    assert not made.exists()


def test_a_record_is_json_for_people_too(models: Path) -> None:
    about = json.loads((install(models, pinned=False) / store.RECORD).read_text())
    assert set(about) == {"source", "at", "pinned", "files"}
