"""Typed briefings and read-outs as text; spoken ones as sound."""

from __future__ import annotations

import os
import stat
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.briefings import level, without_key
from callcenter.domain.briefings import BadBriefing, briefing_of, language_of, spoken_form
from callcenter.domain.read_outs import is_persons_name, read_out, spoken_number
from callcenter.runtime import spoken
from callcenter.settings import Settings
from callcenter.sound.samples import Samples, speech_dbfs
from callcenter.sound.wav import write_wav
from synthesis.pieces import LONGEST, MOST_FIRST, pieces_of, width

VOICES = Path(__file__).parents[1] / "voices"
RATE_HZ = 8000


@pytest.mark.parametrize("text", ["", "  \n", "\x00\x1b\x7f", "热" * 501, "x" * 10_000])
def test_a_briefing_has_1_to_500_characters(text: str) -> None:
    with pytest.raises(BadBriefing):
        briefing_of(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("热" * 500, "热" * 500),
        (" 热水\x00停了\x1b[2J ", "热水停了[2J"),
        ("一\n二", "一\n二"),
        ("\u202e反", "反"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_what_is_kept_of_it(text: str, kept: str) -> None:
    assert briefing_of(text) == kept


@pytest.mark.parametrize(
    ("text", "staffs", "spoken_in"),
    [
        ("热水停了三天", "zh", "zh"),
        ("The hot water is out", "zh", "en"),
        ("OK", "zh", "zh"),
        ("热水 since Monday, please send somebody today", "zh", "zh"),
        ("13800138000", "zh", "zh"),
        ("13800138000", "en", "en"),
        ("热水停了三天", "en", "zh"),
        ("Mr. 王 called about the hot water again", "en", "en"),
    ],
)
def test_the_voice_speaks_the_staffs_language_unless_the_text_is_in_the_other(
    text: str, staffs: str, spoken_in: str
) -> None:
    assert language_of(text, staffs) == spoken_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("热水停了\n三天了", "热水停了。三天了"),
        ("<speak><break time='9s'/>热水</speak>", "speak break time='9s'/ 热水 /speak"),
        ("热水😀停了", "热水 停了"),
        ("😀🙂", ""),
        ("!!! ???", ""),
        ("１３８ Ｂ座", "138 B座"),
    ],
)
def test_a_voice_is_given_words_alone(text: str, said: str) -> None:
    assert spoken_form(text) == said


@pytest.mark.parametrize(
    "name", ["王小明", "陈先生", "张雨晴", "欧阳修文", "Mary Smith", "Jean-Luc Picard", "阿卜杜·热合曼"]
)
def test_a_persons_name(name: str) -> None:
    assert is_persons_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "王",
        "13800138000",
        "未知号码",
        "广州热力公司",
        "骚扰电话",
        "unknown",
        "Anonymous",
        "WIRELESS CALLER",
        "Bank of China",
        "sip:101",
        "<script>alert(1)</script>",
        "张" * 40,
        "ACME Ltd",
        "mary",
    ],
)
def test_what_the_network_shows_is_not_always_a_persons_name(name: str) -> None:
    assert not is_persons_name(name)


def test_the_read_out() -> None:
    told = {"name": "张雨晴", "number": "13800138000", "matter": "热水故障"}
    assert read_out(**told, language="zh") == "来电者：张雨晴。事项：热水故障。"
    assert read_out(name="Mary Smith", number=None, matter="Hot water", language="en") == (
        "Caller: Mary Smith. Matter: Hot water."
    )
    assert read_out(name=None, number="13800138000", matter=None, language="zh") == (
        "来电者：幺三八，零零幺三，八零零零。"
    )
    assert read_out(name=None, number=None, matter=None, language="zh") == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+8613800138000", "幺三八，零零幺三，八零零零"),
        ("101", "幺零幺"),
        ("02087654321", "零二零，八七六五，四三二幺"),
        ("王小明", ""),
        ("12", ""),
        ("1" * 16, ""),
        ("", ""),
    ],
)
def test_a_number_is_read_as_chinese_reads_it(number: str, said: str) -> None:
    assert spoken_number(number, "zh") == said


def test_a_text_is_cut_where_one_takes_breath_and_the_first_piece_is_short() -> None:
    pieces = pieces_of(
        "张女士家里热水三天没有了，已经报过一次修。请今天派人上门！她下午四点以后在家，电话打不通就找门卫。"
    )
    assert pieces[0] == "张女士家里热水三天没有了，"
    assert "请今天派人上门！" in pieces
    assert all(width(piece) <= LONGEST for piece in pieces)


def test_the_first_piece_is_short_also_where_nobody_took_breath() -> None:
    pieces = pieces_of(
        "张女士家里的热水器从上个星期开始就一直没有热水了物业来看过一次说是要等配件到现在也没有人来修"
    )
    assert pieces[0].endswith(("了", "的", "过", "到"))
    assert 5 < width(pieces[0]) <= MOST_FIRST
    assert pieces_of("热" * 60)[0] == "热" * MOST_FIRST
    assert pieces_of("请于14:30带1,000元到场")[0] == "请于14:30带1,000元到场"


@pytest.mark.parametrize(
    "number", ["15:30", "1,250", "1,250.50", "１５：３０", "１，２５０", "13800138000", "2026"]
)
@pytest.mark.parametrize("before", range(24))
def test_no_number_is_cut(number: str, before: int) -> None:
    """Wherever it stands in a text, and whatever is before and behind it."""
    for said in (f"{'请您到场办理' * 4}"[:before] + number, f"{'请您，到场办理' * 4}"[:before] + number):
        pieces = pieces_of(said + "请带上身份证的原件以及户口本，谢谢您。")
        assert any(number in piece for piece in pieces), pieces


@given(st.text(max_size=600))
def test_nothing_that_can_be_said_gets_lost_between_pieces(text: str) -> None:
    said = spoken_form(text)
    pieces = pieces_of(said)
    kept = [each for each in "".join(pieces) if each.isalnum()]
    assert kept == [each for each in said if each.isalnum()]
    assert all(width(piece) <= 2 * LONGEST for piece in pieces)


def voice(gain_db: float = 0.0) -> Samples:
    with wave.open(str(VOICES / "zh-briefing-01.wav")) as file:
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    louder: Samples = (samples[:: rate_hz // RATE_HZ] * 10 ** (gain_db / 20)).astype(np.float32)
    return louder


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def hash_key(seconds: float = 0.25) -> Samples:
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (0.15 * np.sin(2 * np.pi * 941 * at) + 0.15 * np.sin(2 * np.pi * 1477 * at)).astype(np.float32)


def recorded(settings: Settings, *parts: Samples) -> str:
    write_wav(settings.recordings / "b.wav", np.concatenate(parts), RATE_HZ)
    return "b.wav"


def levelled(settings: Settings, name: str) -> Samples:
    with wave.open(str(spoken.levelled_file(settings, name))) as file:
        assert file.getframerate() == RATE_HZ
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    heard: Samples = (pcm / 32768).astype(np.float32)
    return heard


@pytest.mark.parametrize("gain_db", [-35.0, -10.0, 6.0])
def test_a_briefing_is_levelled_and_keeps_its_words(settings: Settings, gain_db: float) -> None:
    words = voice(gain_db)
    name = recorded(settings, silence(1.5), words, silence(3), hash_key(), silence(0.2))
    before = (settings.recordings / name).read_bytes()
    began = time.process_time()
    level(settings, name)
    assert time.process_time() - began < 0.5
    assert (settings.recordings / name).read_bytes() == before, "the original is evidence"
    heard = levelled(settings, name)
    assert speech_dbfs(heard, RATE_HZ) == pytest.approx(-20, abs=0.7)
    loud = np.flatnonzero(np.abs(words) > 0.02 * np.abs(words).max())
    assert len(heard) / RATE_HZ == pytest.approx((loud[-1] - loud[0]) / RATE_HZ, abs=0.6)
    mode = spoken.levelled_file(settings, name).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_key_at_the_end_is_cut_and_a_voice_is_not() -> None:
    words = voice()
    assert len(without_key(words)) == len(words)
    keyed = np.concatenate([words, hash_key()])
    assert len(words) - 400 <= len(without_key(keyed)) <= len(words)
    assert len(without_key(silence(0.001))) == len(silence(0.001))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 60, b"\0" * 8000])
def test_what_cannot_be_levelled_is_played_as_it_is(settings: Settings, content: bytes) -> None:
    settings.recordings.mkdir()
    (settings.recordings / "b.wav").write_bytes(content)
    level(settings, "b.wav")
    level(settings, "never-there.wav")
    assert not spoken.levelled_file(settings, "b.wav").exists()


def test_files_of_speech_are_swept_by_age_and_size(settings: Settings) -> None:
    old, caller, big, new = (
        spoken.piece_file(settings, "旧", "v", "zh"),
        spoken.caller_file(settings, "1.1"),
        spoken.piece_file(settings, "大", "v", "zh"),
        spoken.piece_file(settings, "新", "v", "zh"),
    )
    now = time.time()
    for file, age_s in ((old, 90_000), (caller, 5 * 3600), (big, 60), (new, 1)):
        spoken.write(settings, file, b"x" * 1000)
        os.utime(file, (now - age_s, now - age_s))
    assert stat.S_IMODE(spoken.folder(settings).stat().st_mode) == 0o700
    assert spoken.sweep(settings, most_bytes=1500) == 3
    assert [file.exists() for file in (old, caller, big, new)] == [False, False, False, True]
    assert spoken.sweep(settings) == 0


def test_a_plan_that_somebody_damaged_is_none(settings: Settings) -> None:
    spoken.write_plan(settings, "你好", "zh", [spoken.piece_file(settings, "你好", "v", "zh")])
    assert spoken.read_plan(settings, "你好", "zh") == [spoken.piece_file(settings, "你好", "v", "zh")]
    for content in (b"", b"{", b'["../../etc/passwd"]', b'{"a": 1}', b"[1]"):
        spoken.write(settings, spoken.plan_file(settings, "你好", "zh"), content)
        assert spoken.read_plan(settings, "你好", "zh") is None
    assert spoken.read_plan(settings, "再见", "zh") is None
