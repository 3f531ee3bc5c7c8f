"""Adding a file, making a link for the opinion, and answering by it on a telephone, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.conftest import DESKTOP, PHONE, screen
from tests.support.desk import Desk

NAME = "宿舍热水器的照片和非常非常长的文件名字" * 4 + ".png"


@pytest.mark.parametrize(("size", "scripts"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone"])
def test_files_and_opinions(
    chromium: Browser, address: str, desk: Desk, size: tuple[int, int], scripts: bool, tmp_path: Path
) -> None:
    shot = tmp_path / "a.png"
    shot.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 2000)
    with screen(chromium, address, desk, size, "zh", scripts=scripts) as shown:
        shown.log_in("102")
        page = shown.open(f"/tickets/{desk.tickets['solved']}")
        page.set_input_files(
            "#attachment-files",
            files=[FilePayload(name=NAME, mimeType="image/png", buffer=shot.read_bytes())],
        )
        page.click("#attachments form button")
        page.wait_for_url("**/tickets/*?done=attached")
        assert "宿舍热水器" in page.inner_text("#attachments")
        assert shown.width_over() <= 0
        if scripts:
            # The rest of the ticket's page is looked at in test_pages.
            assert [flaw for flaw in shown.flaws() if "attachment" in flaw or "opinion" in flaw] == []
        shown.picture("attached")
        with page.expect_download() as downloading:
            page.click("#attachments article a")
        assert downloading.value.path().read_bytes() == shot.read_bytes()
        page.click("#opinion form button")
        link = page.input_value("#link")
        if scripts:
            assert shown.flaws() == []
        shown.picture("opinion-link")
    with screen(chromium, address, desk, PHONE, "zh", scripts=scripts) as person:
        page = person.page
        page.set_extra_http_headers({"accept-language": "zh-CN"})
        page.goto(link)
        assert person.width_over() <= 0
        if scripts:
            assert person.flaws() == []
        person.picture("opinion-ask")
        page.check("text=基本满意")
        page.fill("#remark", "谢谢")
        page.click("form button")
        expect(page.locator("main")).to_contain_text("您的评价已收到")
        person.picture("opinion-thanks")
