"""A proposal is taken over by one press in Chromium, with scripts and without."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from callcenter.bootstrap import build_rules, unit_of_work_factory
from callcenter.db.engine import create_engine
from callcenter.db.transcripts import TranscriptRow
from callcenter.domain.transcripts import Purpose, RecordedFile, SpokenWord
from callcenter.services import transcripts
from callcenter.settings import Settings
from tests.browser.conftest import PHONE, screen
from tests.support.desk import NOW, Desk, silence

SAID = "我|要|投诉，|请|在|周五|之前|给我|回复。"


@pytest.fixture
def message(settings: Settings, desk: Desk) -> str:
    """A message in the call that 101 has now; its ticket is registering."""
    number = desk.tickets["talking"]
    assert settings.database_url
    engine = create_engine(settings.database_url)
    file = RecordedFile(
        linkedid=desk.calls["talking"],
        path="proposed.wav",
        purpose=Purpose.MESSAGE,
        language="zh",
        created_at=NOW,
        ticket=number,
        seconds=9.0,
    )
    silence(settings.recordings / "proposed.wav", seconds=9)
    words = [
        SpokenWord(word=word, start_s=float(place), end_s=place + 0.9, confidence=0.9)
        for place, word in enumerate(SAID.split("|"))
    ]
    with unit_of_work_factory(settings, 10, engine=engine, rules=build_rules(settings))() as work:
        recording = transcripts.add_recording(work, file)
        values = {"state": "done", "text": SAID.replace("|", ""), "words": [asdict(word) for word in words]}
        work.session.execute(
            update(TranscriptRow).where(TranscriptRow.recording_id == recording).values(values)
        )
        work.commit()
    engine.dispose()
    return number


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_press_takes_a_proposal_over(
    chromium: Browser, address: str, desk: Desk, message: str, scripts: bool
) -> None:
    with screen(chromium, address, desk, PHONE, "zh", scripts=scripts) as shown:
        shown.log_in("101")
        page = shown.open(f"/tickets/{message}")
        page.locator("#details").fill("写到一半")
        page.locator("#proposal-wished_reply button").click()
        expect(page.locator("#wished_reply")).to_have_value("this_week")
        expect(page.locator("#details")).to_have_value("写到一半")
        expect(page.locator("#kind")).to_have_value("inquiry")
        page.locator("#proposal-kind button").click()
        expect(page.locator("#kind")).to_have_value("complaint")
        expect(page.locator("#wished_reply")).to_have_value("this_week")
        assert shown.width_over() <= 0
        if scripts:
            assert shown.flaws() == []
