"""A manager replaces a prompt, listens to it by the player and lets callers hear it, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.support.desk import Desk
from tests.support.sounds import noise, speech, wav

NAME = "陈主任录的下班提示音和非常非常长的文件名字" * 4 + ".wav"


@pytest.mark.parametrize(
    ("size", "language", "scripts"),
    [(DESKTOP, "zh", True), (PHONE, "zh", True), (DESKTOP, "en", True), (PHONE, "en", False)],
    ids=["desktop-zh", "phone-zh", "desktop-en", "phone-en-without-scripts"],
)
def test_a_prompt_is_replaced(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], language: str, scripts: bool
) -> None:
    with screen(chromium, address, desk, size, language, scripts=scripts) as shown:
        shown.log_in("104")
        page = shown.open("/prompts")
        assert shown.width_over() <= 0
        if scripts:
            assert shown.flaws() == []
        shown.picture("prompts")
        shown.open("/prompts?q=zzzz")
        assert shown.width_over() <= 0
        shown.open("/prompts/zh/closed")
        page.fill("#wording", "您好，我们已经下班了，请您留言。")
        page.fill("#note", "王敏的声音，11 月录")
        payload = FilePayload(name=NAME, mimeType="audio/wav", buffer=b"no sound at all")
        page.set_input_files("#file", files=[payload])
        page.click("form[action$='/versions'] button")
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.input_value("#note") == "王敏的声音，11 月录"
        assert shown.width_over() <= 0
        if scripts:
            assert shown.flaws() == []
        shown.picture("prompt-refused")
        # the page that refuses is an error to the browser's console
        shown.complaints = [each for each in shown.complaints if "422" not in each]
        payload["buffer"] = wav(speech() + noise(2.5, rms=0.01))
        page.set_input_files("#file", files=[payload])
        page.click("form[action$='/versions'] button")
        page.wait_for_url("**/prompts/zh/closed?done=prompt-kept#version-1")
        assert shown.width_over() <= 0
        version = page.locator("#version-1")
        if scripts:
            assert shown.flaws() == []
            with page.expect_response("**/versions/1") as fetched:
                version.locator("audio").evaluate("player => player.play()")
            assert fetched.value.status in (200, 206)
            expect(version.locator("audio")).to_have_js_property("ended", True, timeout=15_000)
        else:
            version.locator("button").click()
            page.wait_for_url("**/prompts/zh/closed?done=listen-first#version-1")
            shown.picture("prompt-listen-first")
            page.request.get(f"{address}/prompts/zh/closed/versions/1")
        shown.picture("prompt-kept")
        page.reload()
        version.locator("button").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/prompts/zh/closed?done=prompt-live")
        assert shown.width_over() <= 0
        if scripts:
            assert shown.flaws() == []
        shown.picture("prompt-live")
        shown.open("/prompts?show=own")
        assert shown.width_over() <= 0
        shown.picture("prompts-own")
        shown.open("/prompts/zh/closed")
        page.locator("#version-0 button").click()
        page.wait_for_url("**/prompts/zh/closed?done=prompt-product")
        assert shown.width_over() <= 0
