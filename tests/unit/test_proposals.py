"""What is proposed from a message: the caller's own name, a wish, a kind, a place; and above all what is not."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest

from callcenter.domain.policy import FormField, Heard, Kind, Needed
from callcenter.domain.proposals import Message, Proposal, find_place, propose
from callcenter.domain.transcripts import SpokenWord
from callcenter.policy_files import policy_paths, read_policy

MONDAY, FRIDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 27), date(2026, 11, 28)
KINDS = read_policy(policy_paths()["huizhou-school"]).kinds
HEARD = json.loads((Path(__file__).parents[1] / "data" / "heard_voices.json").read_text("utf-8"))


def message(
    text: str,
    language: str,
    on: date = MONDAY,
    words: tuple[SpokenWord, ...] = (),
    *,
    corrected: bool = False,
) -> Message:
    return Message(text=text, language=language, spoken_on=on, words=words, corrected=corrected)


def proposed(text: str, language: str = "zh", on: date = MONDAY) -> dict[str, str]:
    return {each.field: each.value for each in propose(message(text, language, on), KINDS)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("你好，我是七号楼四零二的张雨晴。我们宿舍的热水器坏了。", "张雨晴"),
        ("我叫刘志强，是会计班的学员。", "刘志强"),
        ("我叫刘志强是会计班的学员", "刘志强"),
        ("我姓陈，叫陈晓东，手机是幺五四", "陈晓东"),
        ("我叫李天有，有事找您", "李天有"),
        ("免贵姓欧阳。", "欧阳"),
        ("我叫欧阳文静，谢谢", "欧阳文静"),
        ("我是学生家长，姓周，明天上午方便", "周"),
        ("我是高三二班张明的妈妈李梅，想问一下", "李梅"),
        ("我是王老师，麻烦回个电话", "王老师"),
        ("我姓孙，请你们领导给我一个答复。", "孙"),
        ("这边是宏达机械的王海波。", "王海波"),
        ("我叫李静电话是幺三八", "李静"),
    ],
)
def test_the_callers_own_name_is_found(text: str, name: str) -> None:
    assert proposed(text)["contact_name"] == name


@pytest.mark.parametrize(
    "text",
    [
        "我想找王老师，他姓王。",
        "那个窗口的人姓刘，态度不好。",
        "我是王芳的妈妈，想问一下成绩。",
        "我是王老师的学生，昨天来过。",
        "我儿子叫张小明，他的校园卡丢了。",
        "我不是张伟，你打错了。",
        "我是高中生，想咨询报名。",
        "我是于上周报名的，还没有收到发票。",
        "我是马上要毕业的学生。",
        "我是方便的时候再来。",
        "我叫赵免邪号后四位是0317",  # a name that ran into the next word
        "我叫张伟，不对，我叫李强。",
        "您贵姓？我姓什么不重要。",
        "他说我是骗子，我很生气。",
        "我叫了车还没有来。",
        "我的电话是幺七九二三零六四五八八。",
        "",
    ],
)
def test_no_name_is_better_than_a_wrong_one(text: str) -> None:
    assert "contact_name" not in proposed(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hello, this is Emily Carter. I'm calling about my invoice.", "Emily Carter"),
        ("Hi, my name is Daniel Wright. I'm in the evening course.", "Daniel Wright"),
        ("It's Sofia Martinez, and my phone is two zero six.", "Sofia Martinez"),
        ("my name is robert hughes and i expect an answer", "Robert Hughes"),
        ("This is Dr. Brown calling from the clinic.", "Dr. Brown"),
        ("Good morning. Mary-Ann O'Neill speaking.", "Mary-Ann O'Neill"),
    ],
)
def test_an_english_name_is_found(text: str, name: str) -> None:
    assert proposed(text, "en")["contact_name"] == name


@pytest.mark.parametrize(
    "text",
    [
        "I'm calling about my invoice.",
        "This is about the card that I lost.",
        "I'm Chinese and my English is not good.",
        "Mr. Hughes told me to call.",
        "It's Monday and nobody has called me.",
        "My son's name is Peter Brown.",
        "Please call me back tomorrow.",
        "my name is on the list already",
    ],
)
def test_no_english_name_is_better_than_a_wrong_one(text: str) -> None:
    assert "contact_name" not in proposed(text, "en")


@pytest.mark.parametrize(
    ("text", "language", "on", "wish"),
    [
        ("请在周五之前给我回复。", "zh", MONDAY, "this_week"),
        ("请在周五之前给我回复。", "zh", date(2026, 11, 26), "tomorrow"),  # Thursday
        ("请在周五之前给我回复。", "zh", FRIDAY, "today"),
        ("今天下午三点以后给我打电话都可以。", "zh", MONDAY, "today"),
        ("今天下午3点以后,给我打电话都可以", "zh", MONDAY, "today"),
        ("明天上午方便接电话", "zh", MONDAY, "tomorrow"),
        ("麻烦今天下班之前回个电话。", "zh", MONDAY, "today"),
        ("麻烦给我回个电话，下班之前就行", "zh", MONDAY, "today"),
        ("后天给我答复就可以", "zh", MONDAY, "this_week"),
        ("这周之内给我一个答复", "zh", MONDAY, "this_week"),
        ("今天或者明天给我回电话", "zh", MONDAY, "today"),
        ("Please call me back tomorrow after five.", "en", MONDAY, "tomorrow"),
        ("I expect an answer by Friday.", "en", MONDAY, "this_week"),
        ("Could you call me this afternoon?", "en", MONDAY, "today"),
        ("Let me know by the end of the week.", "en", MONDAY, "this_week"),
    ],
)
def test_a_wish_is_found(text: str, language: str, on: date, wish: str) -> None:
    assert proposed(text, language, on)["wished_reply"] == wish


@pytest.mark.parametrize(
    ("text", "language", "on"),
    [
        ("今天上午我在三号窗口办手续，那个工作人员态度很不好。", "zh", MONDAY),
        ("昨天中午在二食堂丢的，给我回个电话。", "zh", MONDAY),
        ("今天不用给我打电话了。", "zh", MONDAY),
        ("你们上次说今天给我回电话，到现在都没有。", "zh", MONDAY),
        ("今天上午给你们打电话没人接。", "zh", MONDAY),
        ("今天你们回复过了。", "zh", MONDAY),
        ("下周一给我回电话。", "zh", MONDAY),
        ("请在周五之前给我回复。", "zh", SATURDAY),
        ("我报的是周三晚上的英语课，想转到周六上午。", "zh", MONDAY),
        ("You said you would call me back today.", "en", MONDAY),
        ("Please do not call me back today.", "en", MONDAY),
        ("I lost it near the library yesterday. Call me back.", "en", MONDAY),
        ("Call me back next week.", "en", MONDAY),
        ("I would like to move to the Saturday group.", "en", MONDAY),
    ],
)
def test_a_day_alone_is_no_wish(text: str, language: str, on: date) -> None:
    assert "wished_reply" not in proposed(text, language, on)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要投诉。", "complaint"),
        ("请问一下，我要投诉窗口的工作人员。", "complaint"),
        ("我提一个建议。", "suggestion"),
        ("请问报名需要什么材料？", "inquiry"),
        ("我不是要投诉，只是咨询一下。", "inquiry"),
        ("我们宿舍的热水器坏了。", None),
        ("我要投诉，也有一个建议。", None),
    ],
)
def test_a_kind_is_told_by_the_policys_words(text: str, kind: str | None) -> None:
    assert proposed(text).get("kind") == kind


def test_a_policy_without_words_has_no_kind_proposed() -> None:
    bare = (Kind(key="a", names={"zh": "甲"}), Kind(key="b", names={"zh": "乙"}))
    assert propose(message("我要投诉。", "zh"), bare) == ()
    assert propose(message("我要投诉。", "zh"), ()) == ()


def test_a_place_is_for_a_field_that_holds_one() -> None:
    room = FormField(key="room", names={"zh": "房间"}, rule="T10", needed=Needed.NEVER, heard=Heard.PLACE)
    other = FormField(key="other", names={"zh": "其他"}, rule="T10", needed=Needed.NEVER)
    said = message("我是七号楼四零二的张雨晴。", "zh")
    assert [(each.field, each.value) for each in propose(said, (), (room, other))] == [
        ("contact_name", "张雨晴"),
        ("room", "七号楼四零二"),
    ]


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("七号楼四零二的热水器", "zh", "七号楼四零二"),
        ("在3栋502室", "zh", "3栋502室"),
        ("我在三号窗口", "zh", None),
        ("building 7, room 402 has no water", "en", "building 7, room 402"),
        ("it's room four oh two", "en", "room four oh two"),
        ("could you block it", "en", None),
        ("there is no room for more", "en", None),
    ],
)
def test_places(text: str, language: str, place: str | None) -> None:
    found = find_place(text, language)
    assert (found.value if found else None) == place


@pytest.mark.parametrize(
    "part", ["今天", "我是", "我要投诉不是", "我叫王", "七号楼", "call me today ", "I'm A ", "my name is a "]
)
def test_an_endless_text_takes_no_time(part: str) -> None:
    began = time.process_time()
    for language in ("zh", "en"):
        propose(message(part * 20_000, language), KINDS)
    assert time.process_time() - began < 1.0


def test_a_telephone_number_is_never_proposed() -> None:
    for each in HEARD:
        for proposal in propose(message(each["said"], each["language"]), KINDS):
            assert proposal.field in {"contact_name", "kind", "wished_reply"}
            assert not any(letter.isdigit() for letter in proposal.value)


def spoken(entry: dict[str, list[tuple[str, float, float, float]]]) -> tuple[SpokenWord, ...]:
    return tuple(
        SpokenWord(word=word, start_s=start, end_s=end, confidence=confidence)
        for word, start, end, confidence in entry["words"]
    )


def heard(file: str) -> dict[str, Proposal]:
    entry = next(each for each in HEARD if each["file"] == file)
    said = message(entry["text"], entry["language"], words=spoken(entry))
    return {each.field: each for each in propose(said, KINDS)}


def test_a_proposal_tells_its_words_and_where_they_are() -> None:
    name = heard("zh-message-08.wav")["contact_name"]
    assert (name.value, name.words, name.said) == ("王海波", "我是洪达机械的王海波", "王海波")
    assert name.start_s == pytest.approx(1.16)
    assert name.confidence == pytest.approx(0.825)
    assert not name.doubtful
    wish = heard("zh-message-08.wav")["wished_reply"]
    assert (wish.value, wish.said) == ("today", "今天下班之前")
    assert wish.start_s == pytest.approx(10.02)


def test_what_the_recogniser_was_not_sure_of_is_doubtful() -> None:
    assert heard("zh-message-01.wav")["contact_name"].doubtful  # 张义晴, said was 张雨晴
    assert heard("en-message-03.wav")["contact_name"].doubtful  # Sophia, said was Sofia


def test_of_a_corrected_text_nothing_is_doubtful() -> None:
    entry = next(each for each in HEARD if each["file"] == "zh-message-01.wav")
    said = message("我是7号楼402的张雨晴", "zh", words=spoken(entry), corrected=True)
    name = next(each for each in propose(said, KINDS) if each.field == "contact_name")
    assert (name.value, name.confidence, name.doubtful) == ("张雨晴", None, False)
    assert name.start_s is None, "the machine heard other words"


RIGHT = {
    "zh-message-02.wav": "刘志强",
    "zh-message-05.wav": "孙",
    "zh-message-07.wav": "周",
    "zh-message-08.wav": "王海波",
    "en-message-01.wav": "Emily Carter",
    "en-message-02.wav": "Daniel Wright",
    "en-message-04.wav": "Robert Hughes",
}
ALIKE = {"zh-message-03.wav": "陈小东", "en-message-03.wav": "Sophia Martinez"}
"""Sounds as what was said (陈晓东, Sofia Martinez) and is written otherwise."""
MISHEARD = {"zh-message-01.wav": "张义晴"}
SAID = RIGHT | {
    "zh-message-01.wav": "张雨晴",
    "zh-message-03.wav": "陈晓东",
    "zh-message-04.wav": "赵敏",
    "en-message-03.wav": "Sofia Martinez",
}
WISHES = {
    "zh-message-02.wav": "this_week",
    "zh-message-04.wav": "today",
    "zh-message-07.wav": "tomorrow",
    "zh-message-08.wav": "today",
    "en-message-02.wav": "tomorrow",
    "en-message-04.wav": "this_week",
}
MATTERS = {
    "zh-message-03.wav": "inquiry",
    "zh-message-05.wav": "complaint",
    "zh-message-06.wav": "suggestion",
    "zh-message-07.wav": "inquiry",
    "zh-message-08.wav": "inquiry",
    "en-message-04.wav": "complaint",
}


def of_all(field: str, what: str) -> dict[str, str]:
    """The value proposed for `field` by file, of what was `said` or of the `text` that Whisper base heard."""
    found = {}
    for entry in HEARD:
        for each in propose(message(entry[what], entry["language"], words=spoken(entry)), KINDS):
            if each.field == field:
                found[entry["file"]] = each.value
    return found


def test_of_the_test_voices_every_name_wish_and_kind_is_found_and_nothing_else() -> None:
    assert of_all("contact_name", "said") == SAID
    assert of_all("wished_reply", "said") == WISHES
    assert of_all("kind", "said") == MATTERS


def test_of_the_test_voices_as_whisper_base_hears_them() -> None:
    assert of_all("contact_name", "text") == RIGHT | ALIKE | MISHEARD
    assert of_all("wished_reply", "text") == WISHES
    assert of_all("kind", "text") == MATTERS
