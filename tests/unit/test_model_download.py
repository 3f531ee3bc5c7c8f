"""A download that breaks off goes on where it was; what a server may do wrong leaves nothing false behind."""

from __future__ import annotations

import io
import json
import os
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime.models.download import FRUITLESS, OnlyHttps, download
from callcenter.runtime.models.errors import ModelDamaged, ModelUnavailable
from callcenter.runtime.models.quiet import Quiet, never_busy
from tests.support.breaking_server import OneFile, serving

CONTENT = os.urandom(300_000)


def _fetch(file: OneFile, place: Path, *, limit: int = 10_000_000) -> list[tuple[int, int | None]]:
    seen: list[tuple[int, int | None]] = []
    download(
        file.address,
        place,
        limit=limit,
        quiet=never_busy(Console()),
        progress=lambda done, total: seen.append((done, total)),
        pause_s=0,
        timeout_s=5,
    )
    return seen


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole_at_once(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT)) as file:
        seen = _fetch(file, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert _left(tmp_path) == ["m.zip"]


def test_it_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT, breaks=[100_000, 50_000])) as file:
        _fetch(file, tmp_path / "m.zip")
        assert file.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "m.zip").read_bytes() == CONTENT
    assert _left(tmp_path) == ["m.zip"]


def test_the_next_run_goes_on_too(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT, breaks=[100_000] + [0] * FRUITLESS)) as file:
        with pytest.raises(ModelUnavailable, match="broke off"):
            _fetch(file, tmp_path / "m.zip")
        assert _left(tmp_path) == ["m.zip.part", "m.zip.part.json"]
        file.asked.clear()
        _fetch(file, tmp_path / "m.zip")
        assert file.asked == ["bytes=100000-"]
    assert (tmp_path / "m.zip").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_comes_anew(tmp_path: Path) -> None:
    """If-Range: two halves of different versions never meet."""
    with serving(OneFile(b"old" * 1000, breaks=[1000, *[0] * FRUITLESS])) as file:
        with pytest.raises(ModelUnavailable):
            _fetch(file, tmp_path / "m.zip")
        file.content, file.etag = CONTENT, '"2"'
        _fetch(file, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("file", [OneFile(CONTENT, ranges=False), OneFile(CONTENT, etag=None)])
def test_a_server_that_cannot_go_on_begins_again(tmp_path: Path, file: OneFile) -> None:
    file.breaks = [100_000]
    with serving(file):
        _fetch(file, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == CONTENT


def test_a_weak_mark_of_the_version_is_none(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT, etag='W/"1"', breaks=[100_000])) as file:
        _fetch(file, tmp_path / "m.zip")
        assert file.asked == [None, None]


def test_another_piece_than_was_asked_for_is_not_taken(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT, breaks=[100_000], off_by=7)) as file:
        _fetch(file, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == CONTENT


def test_what_is_shorter_than_what_came_already_begins_again(tmp_path: Path) -> None:
    with serving(OneFile(CONTENT[:100])) as file:
        (tmp_path / "m.zip.part").write_bytes(CONTENT)
        notes = {"address": file.address, "unchanged": '"1"'}
        (tmp_path / "m.zip.part.json").write_text(json.dumps(notes))
        _fetch(file, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == CONTENT[:100]


@pytest.mark.parametrize("no_length", [False, True])
def test_what_does_not_end_is_not_taken(tmp_path: Path, no_length: bool) -> None:
    with serving(OneFile(CONTENT, no_length=no_length)) as file, pytest.raises(ModelDamaged):
        _fetch(file, tmp_path / "m.zip", limit=200_000)
    assert not (tmp_path / "m.zip").exists()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1_000


def test_a_refusal_is_said_as_it_is(tmp_path: Path) -> None:
    with serving(OneFile(b"", status=404)) as file, pytest.raises(ModelUnavailable, match="answers 404"):
        _fetch(file, tmp_path / "m.zip")


def test_nobody_there_is_one_clear_line(tmp_path: Path) -> None:
    file = OneFile(b"", address="https://127.0.0.1:1/model.zip")
    with pytest.raises(ModelUnavailable, match=r"cannot be reached \(.*refused\)") as caught:
        _fetch(file, tmp_path / "m.zip")
    assert "\n" not in str(caught.value)


def test_it_holds_its_breath_during_a_call(tmp_path: Path) -> None:
    calls = iter([0, 0, 1, 1, 1, 0])
    out = io.StringIO()
    said = Console(width=200, file=out)
    quiet = Quiet(lambda: next(calls, 0), said, look_every_s=0)
    with serving(OneFile(CONTENT)) as file:
        download(file.address, tmp_path / "m.zip", limit=10**7, quiet=quiet, pause_s=0)
    assert next(calls, None) is None
    text = out.getvalue()
    assert text.count("A call is in progress") == 1
    assert "--now" in text
    assert "The line is quiet" in text


def test_no_redirection_leads_away_from_https() -> None:
    request = urllib.request.Request("https://vendor.example/model.zip")
    headers = HTTPMessage()
    with pytest.raises(urllib.error.HTTPError, match="away from HTTPS"):
        OnlyHttps().redirect_request(
            request, io.BytesIO(), 302, "Found", headers, "http://vendor.example/m.zip"
        )
    onward = OnlyHttps().redirect_request(
        request, io.BytesIO(), 302, "Found", headers, "https://mirror.example/m.zip"
    )
    assert onward is not None
