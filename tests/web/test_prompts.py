"""Own recordings of prompts in the console and over the API: put in, listened to, made live, taken back."""

from __future__ import annotations

import hashlib
import io
import re
import wave
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from callcenter.domain.own_prompts import LARGEST
from callcenter.domain.staff import Role
from callcenter.prompts import prompts
from callcenter.services.staff import add_staff
from callcenter.sound.samples import Samples
from tests.conftest import UowFactory
from tests.support.desk import NOW, Desk
from tests.support.sounds import encoded, noise, speech, tone, wav
from tests.support.web_fixtures import Browser
from tests.web.test_api import Api
from web.views.prompt_words import OCCASIONS

CLOSED = "/prompts/zh/closed"
LONG_CLOSED = next(each for each in prompts() if (each.language, each.key) == ("zh", "closed"))


@pytest.fixture(scope="module")
def recording() -> bytes:
    return wav(speech())


@pytest.fixture
def manager(browser: Browser) -> Browser:
    return browser.log_in("104")


@pytest.fixture
def api(client: TestClient, desk: Desk) -> Api:
    return Api(client, desk.manager_token)


def send(
    browser: Browser, content: bytes, name: str = "a.wav", path: str = CLOSED, **fields: str
) -> tuple[int, str]:
    """Status, and where it leads or what the page says."""
    answer = browser.client.post(
        f"{path}/versions",
        data={"csrf_token": browser.csrf, **fields},
        files={"file": (name, content, "audio/wav")},
    )
    return answer.status_code, answer.headers.get("location") or answer.text


def put_live(browser: Browser, version: int | str, seen: int | str, path: str = CLOSED) -> str:
    return browser.post(f"{path}/live", version=str(version), seen=str(seen))


def listen(browser: Browser, version: int, path: str = CLOSED, **headers: str) -> Any:
    return browser.client.get(f"{path}/versions/{version}", headers=headers)


def alert_of(html: str) -> str:
    found = re.search(r'<p class="field-error" role="alert".*?<span>(.*?)</span>', html, re.DOTALL)
    assert found, html
    return found[1]


def test_the_list_has_every_prompt_with_what_is_heard(manager: Browser) -> None:
    page = manager.text("/prompts?language=all&show=all")
    for each in prompts():
        assert f'href="/prompts/{each.language}/{each.key}"' in page
        assert f'src="/prompts/{each.language}/{each.key}/versions/0"' in page
    assert 'preload="none"' in page  # a player that fetches by itself would count as listening
    assert 'preload="metadata"' not in page


def test_the_list_narrows_by_language_kind_and_words(manager: Browser) -> None:
    def keys(query: str) -> set[str]:
        return set(re.findall(r'<a href="/prompts/([^"/]+/[^"]+)" lang', manager.text(f"/prompts{query}")))

    sentences = keys("")
    assert "zh/welcome" in sentences
    assert not {"en/welcome", "zh/digit-1"} & sentences
    assert "zh/digit-1" in keys("?show=pieces")
    assert "en/welcome" in keys("?language=en")
    assert keys("?q=digit-1") == {"zh/digit-1"}
    assert keys("?q=callcentre+nothing") == set()
    assert keys("?show=own&language=all") == keys("?show=draft&language=all") == set()


def test_each_occasion_has_its_words_in_the_console() -> None:
    """A prompt that is heard at another time needs a line in web/views/prompt_words.py, and its Chinese."""
    assert {each.when for each in prompts()} == set(OCCASIONS)


def test_a_recording_is_kept_listened_to_made_live_and_taken_back(
    manager: Browser, recording: bytes, uow_factory: UowFactory
) -> None:
    assert send(manager, recording, "下班.wav", wording="您好，我们下班了。", note="王敏的声音") == (
        303,
        f"{CLOSED}?done=prompt-kept#version-1",
    )
    page = manager.text(CLOSED)
    for expected in (
        "下班.wav",
        "您好，我们下班了。",
        "王敏的声音",
        "陈国强",
        hashlib.sha256(recording).hexdigest(),
        "Not heard yet",
        "Listen to version 1 first",
    ):
        assert expected in page
    assert "closed" in manager.text("/prompts?show=draft")
    assert put_live(manager, 1, 0) == f"{CLOSED}?done=listen-first#version-1"
    sound = listen(manager, 1)
    assert sound.status_code == 200
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.headers["x-content-type-options"] == "nosniff"
    assert sound.headers["cache-control"] == "private, no-store"
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getparams()[:3] == (1, 2, 16_000)
    assert "Let callers hear version 1" in manager.text(CLOSED)
    assert put_live(manager, 1, 0) == f"{CLOSED}?done=prompt-live"
    page = manager.text(CLOSED)
    assert "Heard now" in page
    assert "您好，我们下班了。" in manager.text("/prompts?show=own")
    with uow_factory() as uow:
        (live,) = uow.own_prompts.live().values()
    assert live.version == 1
    send(manager, recording)
    listen(manager, 2)
    put_live(manager, 2, 1)
    assert put_live(manager, 1, 2) == f"{CLOSED}?done=prompt-live"
    assert put_live(manager, 0, 3) == f"{CLOSED}?done=prompt-product"
    page = manager.text(CLOSED)
    assert page.count("<li><time") == 4
    assert "Back to the product&#39;s voice" not in page


def test_the_products_voice_can_be_heard_too(manager: Browser) -> None:
    sound = listen(manager, 0)
    best = LONG_CLOSED.wideband_file if LONG_CLOSED.wideband_file.is_file() else LONG_CLOSED.file
    assert sound.content == best.read_bytes()


def test_ranges_for_players_that_ask_for_them(manager: Browser, recording: bytes) -> None:
    send(manager, recording)
    whole_size = len(listen(manager, 0).content)
    assert listen(manager, 0, range=f"bytes={whole_size}-").status_code == 416
    first = listen(manager, 1, range="bytes=0-1")
    assert (first.status_code, first.content) == (206, b"RI")
    assert "listen-first" in put_live(manager, 1, 0)  # two bytes are not the whole
    size = int(first.headers["content-range"].rpartition("/")[2])
    assert "listen-first" in put_live(manager, 1, 0)
    rest = listen(manager, 1, range="bytes=0-")
    assert (rest.status_code, len(rest.content)) == (206, size)
    assert put_live(manager, 1, 0) == f"{CLOSED}?done=prompt-live"
    assert listen(manager, 1, range="lines=1-2").status_code == 200


def test_a_welcome_has_room_beside_the_offer_of_the_other_language(manager: Browser, api: Api) -> None:
    welcome = "/prompts/zh/welcome"
    limit_s = api.get(welcome)["prompt"]["longest_s"]
    assert 2 < limit_s < 3
    assert "4 s together" in manager.text(welcome)
    assert send(manager, wav(tone(400, limit_s + 0.2)), path=welcome)[0] == 422
    assert send(manager, wav(tone(400, limit_s - 0.5)), path=welcome)[0] == 303
    listen(manager, 1, path=welcome)
    assert put_live(manager, 1, 0, path=welcome) == f"{welcome}?done=prompt-live"


def test_another_manager_has_to_listen_themselves(
    manager: Browser, desk: Desk, recording: bytes, uow_factory: UowFactory
) -> None:
    send(manager, recording)
    with uow_factory() as uow:
        version = uow.own_prompts.unread(1)[0]
        add_staff(uow, extension="105", name="何主任", role=Role.MANAGER, now=NOW)
        uow.own_prompts.note_listened(version.id, "105", NOW)
        uow.commit()
    assert "listen-first" in put_live(manager, 1, 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Please choose a file"),
        (b"RIFF" + b"no sound at all" * 100, "no sound file that can be read"),
        (wav(speech())[:60_000], "missing or damaged"),
        (wav(np.zeros(48_000, np.float32)), "nothing to hear"),
        (wav(speech() * 30), "far too loudly"),
        (wav(np.tile(speech(8_000), 20), 8_000, 1), "may last 30 s"),
        (wav(tone(400, 0.05)), "less than a tenth"),
        (bytes(LARGEST + 1), "more than 10 MB"),
    ],
    ids=["empty", "no-sound", "truncated", "silent", "clipped", "long", "click", "huge"],
)
def test_what_cannot_be_used_is_refused_on_the_page(
    manager: Browser, content: bytes, sentence: str, uow_factory: UowFactory
) -> None:
    status, page = send(manager, content, wording="您好", note="第二次")
    assert status == 422
    assert sentence in alert_of(page)
    assert "您好</textarea>" in page  # what was typed stays
    assert 'value="第二次"' in page
    with uow_factory() as uow:
        assert not uow.own_prompts.latest_versions()


def test_no_file_at_all(manager: Browser) -> None:
    answer = manager.client.post(f"{CLOSED}/versions", data={"csrf_token": manager.csrf})
    assert answer.status_code == 422
    assert "Please choose a file" in alert_of(answer.text)


def test_a_body_beyond_the_limit_is_not_read(manager: Browser) -> None:
    assert send(manager, bytes(LARGEST + 600_000))[0] == 413


@pytest.mark.parametrize(
    ("samples", "doubt"),
    [(speech() * 0.06, "very quiet"), (speech() + noise(2.5), "much noise")],
    ids=["quiet", "noisy"],
)
def test_what_is_doubtful_is_said_beside_it(manager: Browser, samples: Samples, doubt: str) -> None:
    assert send(manager, wav(samples))[0] == 303
    assert doubt in manager.text(CLOSED)


def test_an_mp3_called_wav_is_what_it_is(manager: Browser) -> None:
    assert send(manager, encoded(speech(), "mp3"), "a.wav")[0] == 303
    assert listen(manager, 1).content[:4] == b"RIFF"


def test_music_is_taken_and_the_page_says_that_nobody_speaks(
    manager: Browser, uow_factory: UowFactory
) -> None:
    """A tune before a greeting is a centre's own affair; whoever mistook the file sees it."""
    tune = np.concatenate([tone(hz, 0.4) for hz in (440, 550, 660, 880)])
    assert send(manager, wav(tune))[0] == 303
    assert "understood no speech" not in manager.text(CLOSED)
    with uow_factory() as uow:
        (version,) = uow.own_prompts.unread(5)
        uow.own_prompts.note_reading(version.id, None, engine="whisper", at=NOW)
        uow.commit()
    assert "The recogniser understood no speech in it" in manager.text(CLOSED)


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/passwd",
        "<img src=x onerror=alert(1)>.wav",
        "a\u202evaw.exe",
        "长" * 300,
        '"; rm -rf.wav',
    ],
)
def test_a_hostile_name_is_shown_as_text_and_leads_nowhere(
    manager: Browser, recording: bytes, name: str
) -> None:
    assert send(manager, recording, name, wording="<script>alert(1)</script>")[0] == 303
    page = manager.text(CLOSED)
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "etc/passwd" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/prompts/zh/no-such",
        "/prompts/fr/welcome",
        "/prompts/zh/..%2f..%2fetc%2fpasswd",
        "/prompts/..%2f/welcome",
        "/prompts/zh/beep",
        "/prompts/zh/welcome%00",
        "/prompts/zh/welcome/versions/1",
        "/prompts/zh/no-such/versions/0",
    ],
)
def test_what_is_not_in_the_catalogue_is_not_there(manager: Browser, path: str) -> None:
    assert manager.client.get(path).status_code == 404


def test_an_unknown_version_does_not_go_live(manager: Browser) -> None:
    for version in ("7", "", "x", "-1", "٣", "9" * 30):
        answer = manager.client.post(
            f"{CLOSED}/live", data={"version": version, "seen": "0", "csrf_token": manager.csrf}
        )
        assert answer.status_code == 404, version


def test_of_two_managers_the_second_is_told(manager: Browser, recording: bytes) -> None:
    for _ in range(2):
        send(manager, recording)
    listen(manager, 1)
    listen(manager, 2)
    put_live(manager, 1, 0)
    assert put_live(manager, 2, 0) == f"{CLOSED}?done=prompt-late"
    assert "a colleague was faster" in manager.text(f"{CLOSED}?done=prompt-late")
    assert put_live(manager, 2, 1) == f"{CLOSED}?done=prompt-live"


def test_it_is_for_managers_alone(browser: Browser, desk: Desk, recording: bytes) -> None:
    client = browser.client
    assert client.get("/prompts").status_code == 303
    browser.log_in("101")
    for path in ("/prompts", CLOSED, f"{CLOSED}/versions/0"):
        assert client.get(path).status_code == 403
    assert send(browser, recording)[0] == 403
    live = {"version": "0", "seen": "0", "csrf_token": browser.csrf}
    assert client.post(f"{CLOSED}/live", data=live).status_code == 403
    assert "/prompts" not in browser.text("/")
    headers = {"authorization": f"Bearer {desk.staff_token}", "accept": "application/json"}
    for path in ("/prompts", CLOSED, f"{CLOSED}/versions/0"):
        assert client.get(f"/api/v1{path}", headers=headers).status_code == 403
        assert client.get(f"/api/v1{path}", headers={"accept": "application/json"}).status_code == 401


def test_a_form_of_another_site_changes_nothing(manager: Browser, recording: bytes) -> None:
    for path, files in (
        (f"{CLOSED}/versions", {"file": ("a.wav", recording, "audio/wav")}),
        (f"{CLOSED}/live", None),
    ):
        data = {"csrf_token": "forged", "version": "0", "seen": "0"}
        assert manager.client.post(path, data=data, files=files).status_code == 403


def test_the_menu_leads_managers_there(manager: Browser) -> None:
    assert 'href="/prompts"' in manager.text("/")


def test_in_chinese(browser: Browser, recording: bytes) -> None:
    browser.log_in("104", language="zh")
    send(browser, recording)
    for path in ("/prompts?language=all&show=all", CLOSED):
        page = browser.text(path)
        assert "提示音" in page
        assert "Own recording" not in page
        assert "line answers" not in page
    assert "静音" in send(browser, wav(np.zeros(48_000, np.float32)))[1]


def upload(api: Api, content: bytes, actor: str = "104", path: str = CLOSED, **fields: str) -> Any:
    return api.client.post(
        f"/api/v1{path}/versions",
        data={"actor": actor, **fields},
        files={"file": ("a.wav", content, "audio/wav")},
        headers=api.headers,
    )


def test_a_program_does_all_of_it_too(api: Api, recording: bytes) -> None:
    listed = api.get("/prompts")
    assert len(listed["items"]) == len(prompts())
    assert listed["next"] is None
    answer = upload(api, recording, wording="您好", note="")
    assert answer.status_code == 201, answer.text
    api.check("/prompts/{language}/{key}/versions", "post", answer)
    assert (answer.json()["version"], answer.json()["doubts"]) == (1, [])
    body = {"actor": "104", "version": 1}
    assert "Listen" in api.refused(409, "POST", f"{CLOSED}/live", json=body)["detail"]
    api.client.get(f"/api/v1{CLOSED}/versions/1", headers=api.headers)  # nobody listened
    api.refused(409, "POST", f"{CLOSED}/live", json=body)
    sound = api.client.get(f"/api/v1{CLOSED}/versions/1", params={"actor": "104"}, headers=api.headers)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
    answer = api.client.post(f"/api/v1{CLOSED}/live", json=body, headers=api.headers)
    assert answer.status_code == 200, answer.text
    api.check("/prompts/{language}/{key}/live", "post", answer)
    assert (answer.json()["seq"], answer.json()["version"]) == (1, 1)
    api.refused(409, "POST", f"{CLOSED}/live", json={"actor": "104", "version": 0, "seen": 0})
    shown = api.get(CLOSED)
    assert shown["prompt"]["version"] == 1
    assert [each["reading"] for each in shown["versions"]] == [None]
    assert [(each["seq"], each["set_by"]) for each in shown["changes"]] == [(1, "104")]
    assert [each["key"] for each in api.get("/prompts", show="own")["items"]] == ["closed"]


def test_what_a_program_is_refused(api: Api, recording: bytes) -> None:
    answer = upload(api, b"no sound")
    assert (answer.status_code, answer.json()["detail"]) == (422, "This is no sound file that can be read.")
    assert upload(api, recording, actor="101").status_code == 403
    assert upload(api, recording, actor="999").status_code == 422
    assert upload(api, recording, path="/prompts/zh/no-such").status_code == 404
    api.refused(404, "GET", "/prompts/zh/no-such")
    api.refused(404, "GET", f"{CLOSED}/versions/3")
    api.refused(404, "POST", f"{CLOSED}/live", json={"actor": "104", "version": 3})
    api.refused(403, "POST", f"{CLOSED}/live", json={"actor": "101", "version": 0})
    api.refused(422, "POST", f"{CLOSED}/live", json={"actor": "104", "version": -1})
