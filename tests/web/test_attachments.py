"""Files of tickets: whole, private and in the log's chain; for those who see the ticket in full (T31)."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callcenter.db.attachment_files import FORGOTTEN_S, AttachmentFiles
from callcenter.domain.attachments import (
    HEAD,
    LARGEST,
    AttachmentTooLarge,
    BadAttachment,
    clean_name,
    media_type_of,
)
from callcenter.domain.chain import TicketEvent
from callcenter.settings import Settings
from tests.support.desk import Desk
from tests.support.web_fixtures import Browser

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PDF = b"%PDF-1.7\n" + b"x" * 200
FormFile = tuple[str, bytes, str]


@pytest.fixture
def number(desk: Desk) -> str:
    """A ticket that is 101's and open."""
    return desk.tickets["today"]


def upload(browser: Browser, number: str, *files: FormFile, csrf: str | None = None) -> tuple[int, str]:
    """Status, and where it leads."""
    answer = browser.client.post(
        f"/tickets/{number}/attachments",
        data={"csrf_token": browser.csrf if csrf is None else csrf},
        files=[("file", file) for file in files],
    )
    return answer.status_code, answer.headers.get("location", "")


def headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "accept": "application/json"}


def kept(settings: Settings) -> list[Path]:
    """Every file below the folder of attachments."""
    return sorted(path for path in settings.attachments.rglob("*") if path.is_file())


def log_of(client: TestClient, number: str) -> list[TicketEvent]:
    with client.app.state.console.work() as work:  # type: ignore[attr-defined]  # the application is ours
        return list(work.tickets.events(number))


@pytest.mark.rule("H31", "T31")
def test_a_file_is_added_and_taken_away(browser: Browser, number: str, settings: Settings) -> None:
    browser.log_in("101")
    assert upload(browser, number, ("聊天截图.png", PNG, "image/png")) == (
        303,
        f"/tickets/{number}?done=attached",
    )
    page = browser.text(f"/tickets/{number}")
    assert "聊天截图.png" in page
    assert "王敏 added a file." in page
    (path,) = kept(settings)
    digest = hashlib.sha256(PNG).hexdigest()
    assert path == settings.attachments / digest[:2] / digest
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path.parent, settings.attachments)} == {0o700}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    event = log_of(browser.client, number)[-1]
    assert (event.kind, event.actor) == ("attached", "101")
    assert event.data == {
        "text": "聊天截图.png",
        "sha256": digest,
        "media_type": "image/png",
        "size": len(PNG),
    }
    answer = browser.client.get("/attachments/1")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''%E8%81%8A")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.rule("T31")
def test_only_those_involved_and_managers_have_it(browser: Browser, desk: Desk, number: str) -> None:
    browser.log_in("101")
    upload(browser, number, ("身份证.png", PNG, "image/png"))
    browser.client.cookies.clear()
    assert browser.client.get("/attachments/1").status_code == 303
    browser.log_in("102")
    assert browser.client.get("/attachments/1").status_code == 403
    assert "身份证" not in browser.text(f"/tickets/{number}")
    assert upload(browser, number, ("a.png", PNG, "image/png"))[0] == 403
    path = f"/api/v1/tickets/{number}/attachments"
    client = browser.client
    assert client.get(path, headers=headers(desk.staff_token)).status_code == 403
    assert client.get(f"{path}/1", headers=headers(desk.staff_token)).status_code == 403
    client.cookies.clear()
    browser.log_in("104")
    assert client.get("/attachments/1").status_code == 200
    looks = client.get(f"/api/v1/tickets/{number}/access", headers=headers(desk.manager_token)).json()[
        "items"
    ]
    assert [each["what"] for each in looks if "file" in str(each["what"])]


def test_an_unknown_file_is_not_there(browser: Browser, desk: Desk) -> None:
    browser.log_in("104")
    for wrong in ("1", "0", "99999999999999999999", "-1"):
        assert browser.client.get(f"/attachments/{wrong}").status_code == 404
    assert browser.client.get("/attachments/abc").status_code == 422


@pytest.mark.parametrize(
    ("file", "word"),
    [
        (("page.png", b"<html><script>alert(1)</script>", "image/png"), "odd-file"),
        (
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
            "odd-file",
        ),
        (("a.exe", b"MZ" + b"\0" * 100, "image/png"), "odd-file"),
        (("a.zip", b"PK\x03\x04" + b"\0" * 100, "application/pdf"), "odd-file"),
        (("empty.png", b"", "image/png"), "no-file"),
        (("", b"", "application/octet-stream"), "no-file"),
        (("big.png", PNG + b"\0" * (LARGEST - len(PNG) + 1), "image/png"), "file-too-large"),
    ],
)
def test_what_is_not_kept_leaves_nothing(
    browser: Browser, number: str, settings: Settings, file: FormFile, word: str
) -> None:
    browser.log_in("101")
    before = len(log_of(browser.client, number))
    assert upload(browser, number, ("good.pdf", PDF, "application/pdf"), file)[1] == (
        f"/tickets/{number}?done={word}"
        if file[1]
        else f"/tickets/{number}?done={'no-file' if file[0] else 'attached'}"
    )
    if word != "no-file" or file[0]:
        assert kept(settings) == []
        assert len(log_of(browser.client, number)) == before


def test_exactly_ten_mebibytes_are_taken(browser: Browser, number: str, settings: Settings) -> None:
    browser.log_in("101")
    content = PNG + b"\0" * (LARGEST - len(PNG))
    assert upload(browser, number, ("big.png", content, "image/png"))[1].endswith("attached")
    assert [path.stat().st_size for path in kept(settings)] == [LARGEST]


def test_a_longer_body_is_refused_before_it_is_read_and_elsewhere_the_old_limit_holds(
    browser: Browser, number: str, settings: Settings
) -> None:
    browser.log_in("101")
    length = {"content-length": str(11 * 1024 * 1024)}
    path = f"/tickets/{number}/attachments"
    assert browser.client.post(path, headers=length, content=b"x").status_code == 413
    for other in (f"/tickets/{number}/note", "/login", f"/tickets/{number}/attachments/x", f"/x{path}"):
        answer = browser.client.post(other, content=b"x" * (256 * 1024 + 1))
        assert answer.status_code == 413, other
    assert kept(settings) == []


# The framework leaves the closing of a half-received file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_upload_that_breaks_off_leaves_nothing(browser: Browser, number: str, settings: Settings) -> None:
    browser.log_in("101")
    form = {"content-type": "multipart/form-data; boundary=b"}
    head = (
        f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{browser.csrf}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    ).encode()

    def body() -> object:
        yield head + PNG
        raise ConnectionError

    with pytest.raises(ConnectionError):
        browser.client.post(f"/tickets/{number}/attachments", headers=form, content=body())  # type: ignore[arg-type]
    before = len(log_of(browser.client, number))
    answer = browser.client.post(f"/tickets/{number}/attachments", headers=form, content=head + PNG)
    assert answer.status_code in (303, 400, 403)
    assert not answer.headers.get("location", "").endswith("attached")
    assert kept(settings) == []
    assert len(log_of(browser.client, number)) == before


def test_a_receiving_that_fails_leaves_nothing_and_what_was_forgotten_goes(tmp_path: Path) -> None:
    files = AttachmentFiles(tmp_path / "attachments")
    with suppress(ConnectionError), files.receive() as arriving:
        arriving.write(PNG)
        assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] in ([PNG], [b""])
        raise ConnectionError
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    old = tmp_path / "attachments" / "arriving" / "cut off"
    old.write_bytes(PNG)
    os.utime(old, (old.stat().st_mtime - FORGOTTEN_S - 1,) * 2)
    with files.receive():
        assert not old.exists()


def test_a_file_beyond_the_limit_is_stopped_while_it_comes(tmp_path: Path) -> None:
    with AttachmentFiles(tmp_path / "a").receive() as arriving:
        arriving.write(PNG)
        with pytest.raises(AttachmentTooLarge):
            arriving.write(b"\0" * LARGEST)


def test_a_wrong_beginning_is_known_at_once_even_in_small_pieces(tmp_path: Path) -> None:
    with AttachmentFiles(tmp_path / "a").receive() as arriving:
        arriving.write(b"<" * (HEAD - 1))
        with pytest.raises(BadAttachment):
            arriving.write(b"<")


def test_a_form_without_the_token_is_refused(browser: Browser, number: str, settings: Settings) -> None:
    browser.log_in("101")
    assert upload(browser, number, ("a.png", PNG, "image/png"), csrf="wrong")[0] == 403
    assert kept(settings) == []


def test_too_many_files_at_once_are_refused(browser: Browser, number: str, settings: Settings) -> None:
    browser.log_in("101")
    assert upload(browser, number, *[("a.png", PNG, "image/png")] * 11)[0] == 400
    assert kept(settings) == []


def test_the_same_content_twice_is_one_file_and_two_entries(
    browser: Browser, number: str, settings: Settings
) -> None:
    browser.log_in("101")
    csrf = browser.csrf

    def one(index: int) -> str:
        return upload(browser, number, (f"{index}.png", PNG, "image/png"), csrf=csrf)[1]

    with ThreadPoolExecutor(4) as pool:
        assert {place.rsplit("=")[-1] for place in pool.map(one, range(4))} == {"attached"}
    assert len(kept(settings)) == 1
    assert [event.kind for event in log_of(browser.client, number)].count("attached") == 4


def test_a_dismissed_ticket_takes_none(browser: Browser, desk: Desk, settings: Settings) -> None:
    browser.log_in("104")
    dismissed = desk.tickets["unowned"]
    browser.post(f"/tickets/{dismissed}/dismiss", reason="打错了")
    assert upload(browser, dismissed, ("a.png", PNG, "image/png"))[0] == 409
    assert kept(settings) == []


def test_over_the_api(client: TestClient, desk: Desk, number: str) -> None:
    path = f"/api/v1/tickets/{number}/attachments"
    files = [("file", ("a.png", io.BytesIO(PNG), "image/png")), ("file", ("b", io.BytesIO(PDF), "x/y"))]
    manager = headers(desk.manager_token)
    answer = client.post(path, data={"actor": "101"}, files=files, headers=manager)
    assert answer.status_code == 201, answer.text
    listed = client.get(path, headers=manager).json()
    assert listed == answer.json()
    assert [(each["name"], each["media_type"], each["added_by"]) for each in listed["items"]] == [
        ("a.png", "image/png", "101"),
        ("b.pdf", "application/pdf", "101"),
    ]
    assert listed["items"][0]["added_at"] == "2026-11-23T10:20:00+08:00"
    assert client.get(f"{path}/{listed['items'][1]['id']}", headers=manager).content == PDF
    other = desk.tickets["later"]
    assert client.get(f"/api/v1/tickets/{other}/attachments/1", headers=manager).status_code == 404


def _refusals() -> list[tuple[str, Callable[[TestClient, Desk, str], int], int]]:
    def send(client: TestClient, desk: Desk, path: str, actor: str, content: bytes, token: str) -> int:
        files = {"file": ("a.png", content, "image/png")}
        answer = client.post(path, data={"actor": actor}, files=files, headers=headers(token))
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code

    return [
        ("no token", lambda c, d, p: send(c, d, p, "101", PNG, "wrong"), 401),
        ("not involved", lambda c, d, p: send(c, d, p, "102", PNG, d.staff_token), 403),
        ("nobody", lambda c, d, p: send(c, d, p, "999", PNG, d.manager_token), 422),
        ("odd", lambda c, d, p: send(c, d, p, "101", b"MZ", d.manager_token), 422),
        ("large", lambda c, d, p: send(c, d, p, "101", PNG + b"0" * LARGEST, d.manager_token), 413),
        (
            "no ticket",
            lambda c, d, p: send(c, d, "/api/v1/tickets/1/attachments", "101", PNG, d.manager_token),
            404,
        ),
    ]


@pytest.mark.parametrize(("_name", "ask", "status"), _refusals())
def test_refusals_over_the_api(
    client: TestClient,
    desk: Desk,
    number: str,
    settings: Settings,
    _name: str,
    ask: Callable[[TestClient, Desk, str], int],
    status: int,
) -> None:
    assert ask(client, desk, f"/api/v1/tickets/{number}/attachments") == status
    assert kept(settings) == []


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"GIF89a", "image/gif"),
        (PDF, "application/pdf"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xfb\xf0\x00", None),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x18ftypheic", None),
        (b"", None),
        (b"\xff", None),
        (b" %PDF-", None),
        (b"<!doctype html>", None),
    ],
)
def test_a_file_is_what_its_beginning_says(head: bytes, media_type: str | None) -> None:
    assert media_type_of(head) == media_type


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("截图.png", "截图.png"),
        ("截图.PNG", "截图.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\x\\a.png", "a.png"),
        ("page.html", "page.html.png"),
        ("\u202egnp.exe", "gnp.exe.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("a\0.png", "a.png"),
        (".png", "file.png"),
        ("...", "file.png"),
        ("", "file.png"),
        ("水" * 300 + ".png", "水" * 116 + ".png"),
        ("\ud800.png", "file.png"),
    ],
)
def test_a_name_is_made_harmless(given: str, name: str) -> None:
    assert clean_name(given, "image/png") == name
