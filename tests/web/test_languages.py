"""Two languages: the catalogues are complete and fresh, and readers get the one they chose."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient

from tests.support.web_fixtures import Browser
from web.i18n import LANGUAGES, LOCALES, choose

TOOL = Path(__file__).resolve().parents[2] / "tools" / "messages.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_fresh_and_complete(tool: ModuleType, language: str) -> None:
    catalogue = tool.updated(language, tool.extracted())
    stored = (LOCALES / language / "LC_MESSAGES" / "messages.po").read_bytes()
    assert tool.text(catalogue) == stored, "run tools/messages.py"
    assert [message.id for message in catalogue if message.id and not message.string] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_names_in_their_messages(tool: ModuleType, language: str) -> None:
    for message in tool.updated(language, tool.extracted()):
        if message.id:
            # A message with plural forms is several.
            source = message.id if isinstance(message.id, str) else message.id[-1]
            forms = (message.string,) if isinstance(message.string, str) else message.string
            names = set(re.findall(r"%\((\w+)\)s", source))
            for form in forms:
                assert set(re.findall(r"%\((\w+)\)s", form)) == names, message.id


def test_no_template_holds_words_outside_the_catalogue() -> None:
    folder = LOCALES.parent / "templates"
    for path in folder.rglob("*.html"):
        text = path.read_text("utf-8")
        for markup in (
            r"\{% block body_class %\}.*?\{% endblock %\}",
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
            r'[a-z-]+="[^"]*"',
            r"<[^>]*>",
        ):
            text = re.sub(markup, " ", text, flags=re.DOTALL)
        words = re.findall(r"[A-Za-z]{3,}|[\u4e00-\u9fff]+", text)
        assert set(words) <= {"首问", "Shouwen"}, (path.name, words)


@pytest.mark.parametrize(
    ("offered", "cookie", "accept", "expected"),
    [
        (None, None, None, "zh"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "fr,de", "zh"),
        (None, "en", "zh-CN", "en"),
        ("zh", "en", "en", "zh"),
        ("xx", "yy", "*", "zh"),
    ],
)
def test_which_language(offered: str | None, cookie: str | None, accept: str | None, expected: str) -> None:
    assert choose(offered, cookie, accept, "zh") == expected


def test_a_chosen_language_stays_chosen(client: TestClient) -> None:
    page = client.get("/login?lang=en")
    assert "Log in" in page.text
    assert '<html lang="en">' in page.text
    assert '<html lang="en">' in client.get("/login").text
    assert '<html lang="zh-CN">' in client.get("/login?lang=zh").text


def test_choosing_a_language_keeps_the_rest_of_the_address(browser: Browser) -> None:
    browser.log_in()
    assert 'href="?view=done&amp;lang=zh"' in browser.text("/tickets?view=done")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_language(browser: Browser, language: str) -> None:
    browser.log_in(language=language)
    desk = browser._desk
    for path in (
        "/",
        "/calls",
        f"/calls/{desk.calls['handoff']}",
        "/tickets",
        f"/tickets/{desk.tickets['late']}",
    ):
        page = browser.text(path)
        assert ("工作台" in page) is (language == "zh")
        assert (">Desk<" in page) is (language == "en")
