"""Our own prompts, as a recogniser hears them, against what callers say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.prompts import prompts
from transcripts.echoes import is_own_prompt

MANIFEST = Path(__file__).parents[1] / "voices" / "manifest.json"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("请在提示因之后,说出您的姓名和事情,说完请案警号件。", "zh"),
        ("很抱歉,现在没有人接听您的电话。请您留言,我们会尽快回复您。", "zh"),
        ("感谢您的来点再见。", "zh"),
        *((prompt.text, prompt.language) for prompt in prompts() if prompt.key == "callback-intro"),
    ],
)
def test_a_prompt_that_came_back(text: str, language: str) -> None:
    assert is_own_prompt(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(
            (each["text"], each["language"])
            for each in json.loads(MANIFEST.read_text("utf-8"))
            if each["kind"] == "message"
        ),
        ("请尽快回复我，谢谢", "zh"),
        ("你好", "zh"),
        ("我想重新选择课程", "zh"),
        ("Thank you, goodbye.", "en"),
        ("", "zh"),
    ],
)
def test_what_callers_say(text: str, language: str) -> None:
    assert not is_own_prompt(text, language)
