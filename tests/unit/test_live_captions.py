"""Live captions without a call: what settles of readings, where utterances begin and end, Asterisk's frames."""

from __future__ import annotations

import math
import os
import socket
import threading
import uuid
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from callcenter.domain.captions import Caption
from callcenter.runtime import captions as asking
from callcenter.runtime.captions import Leg
from callcenter.settings import Settings
from tests.polling import until
from transcripts.errors import EngineFailed
from transcripts.live import MOST_LEGS, Captioner
from transcripts.live_reader import wide
from transcripts.live_socket import NoAudioSocket, identity, sound
from transcripts.live_text import Agreement, without_loop
from transcripts.live_voice import LONGEST_FRAMES, RATE_HZ, Utterance, Voice


def test_what_two_readings_share_is_settled_and_the_last_word_never_is() -> None:
    agreement = Agreement()
    assert agreement.read("你好我是") == ("", "你好我是")
    assert agreement.read("你好我是七号") == ("你好我", "是七号")
    assert agreement.read("你好我是七号楼") == ("你好我是七", "号楼")


def test_words_settle_as_a_whole() -> None:
    agreement = Agreement()
    agreement.read("I lost my")
    assert agreement.read("I lost my stud") == ("I lost ", "my stud")
    assert agreement.read("I lost my student card") == ("I lost my ", "student card")


def test_what_is_settled_stays_whatever_a_later_reading_says() -> None:
    agreement = Agreement()
    agreement.read("我要投诉今天")
    assert agreement.read("我要投诉今天")[0] == "我要投诉今"
    assert agreement.read("我要头诉今天上午")[0] == "我要投诉今"
    assert agreement.read("")[0] == "我要投诉今"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("客户催得急,麻烦今天回个电话,麻烦今天回个电话,麻烦今", "客户催得急,麻烦今天回个电话"),
        ("Could you block it? Could you block it? Could", "Could you block it"),
        ("我的号码是194-0056-7213。", "我的号码是194-0056-7213。"),
        ("谢谢,谢谢。", "谢谢,谢谢。"),
        ("你好,我是红达机械的王海波。", "你好,我是红达机械的王海波。"),
        ("", ""),
    ],
)
def test_a_loop_at_the_end_is_said_once(text: str, kept: str) -> None:
    assert without_loop(text) == kept


def noise(seconds: float, level: float = 0.0005) -> array[int]:
    return tone(seconds, level)


def tone(seconds: float, level: float = 0.2) -> array[int]:
    count = int(seconds * RATE_HZ)
    return array("h", [int(32767 * level * math.sin(2 * math.pi * 300 * n / RATE_HZ)) for n in range(count)])


def test_a_voice_begins_an_utterance_and_a_pause_ends_it() -> None:
    voice = Voice()
    assert voice.hear(noise(1.0)) == []
    [one] = voice.hear(tone(1.0))
    assert not one.is_over
    voice.hear(noise(0.4))
    assert not one.is_over, "0.44 s of quiet end it"
    voice.hear(noise(0.1))
    assert one.is_over
    assert one.begins_s == pytest.approx(0.76, abs=0.05), "with a little before it"
    assert one.seconds == pytest.approx(1.7, abs=0.1)
    [other] = voice.hear(tone(0.5))
    assert other.number == 2


def test_a_click_and_a_noisy_line_are_no_voice() -> None:
    voice = Voice()
    assert voice.hear(noise(1.0)) == []
    assert voice.hear(tone(0.02)) == []
    assert voice.hear(noise(1.0)) == []
    loud_line = Voice()
    begun = [each for _ in range(50) for each in loud_line.hear(noise(0.2, level=0.004))]
    assert begun == []


def test_nothing_coming_is_quiet_too() -> None:
    voice = Voice()
    [one] = voice.hear(tone(1.0))
    for _ in range(5):
        voice.be_quiet(0.1)
    assert one.is_over


def test_somebody_who_never_pauses_is_cut_at_a_quiet_place_and_nothing_is_lost() -> None:
    voice = Voice()
    begun = []
    for _ in range(10):
        begun += voice.hear(tone(0.9))
        begun += voice.hear(tone(0.1, level=0.02))
    voice.end()
    assert [one.number for one in begun] == list(range(1, len(begun) + 1))
    assert all(one.is_over for one in begun)
    assert all(one.seconds <= LONGEST_FRAMES * 0.02 for one in begun)
    assert sum(one.seconds for one in begun) == pytest.approx(10.0, abs=0.1)
    ends = [one.begins_s + one.seconds for one in begun]
    assert ends[:-1] == pytest.approx([one.begins_s for one in begun[1:]], abs=0.03)


@pytest.fixture
def wire() -> Iterator[tuple[socket.socket, socket.socket]]:
    asterisk, ours = socket.socketpair()
    with asterisk, ours:
        yield asterisk, ours


def frame(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(2, "big") + content


def test_frames_of_asterisk(wire: tuple[socket.socket, socket.socket]) -> None:
    asterisk, ours = wire
    own = uuid.uuid4()
    asterisk.sendall(frame(0x01, own.bytes))
    assert identity(ours, 1) == str(own)
    data = (
        frame(0x10, array("h", [1, -2]).tobytes())
        + frame(0x03, b"5")
        + frame(0x10, array("h", [3]).tobytes())
    )
    asterisk.sendall(data[:5])
    heard = sound(ours)
    assert next(heard) is None, "half a frame is none yet"
    asterisk.sendall(data[5:])
    assert next(heard) == array("h", [1, -2, 3])
    assert next(heard) is None
    asterisk.sendall(frame(0x00, b""))
    assert list(heard) == []


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\n\r\n", frame(0x10, bytes(320)), frame(0x01, b"short")]
)
def test_whoever_is_no_asterisk_has_no_identity(
    wire: tuple[socket.socket, socket.socket], said: bytes
) -> None:
    other, ours = wire
    other.sendall(said)
    other.shutdown(socket.SHUT_WR)
    with pytest.raises(NoAudioSocket):
        identity(ours, 1)


class Counting:
    """A reader that says how long the utterance is, and fails when it is told to."""

    broken = False

    def read(self, utterance: Utterance) -> str:
        if self.broken:
            raise EngineFailed
        return "声" * int(utterance.seconds * 2)


@pytest.fixture
def captioner(tmp_path: Path) -> Iterator[tuple[Settings, Captioner, list[Caption], Counting]]:
    settings = Settings.model_validate({"home": tmp_path, "captions": "on"})
    told: list[Caption] = []
    counting = Counting()
    captioner = Captioner(settings, lambda language: counting, told.append)
    working = threading.Thread(target=captioner.work)
    working.start()
    yield settings, captioner, told, counting
    captioner.stop()
    working.join()


LEG = Leg(linkedid="1763600010.1", extension="", language="zh")


def call_there(settings: Settings) -> socket.socket:
    place = asking.ask(settings, LEG)
    assert place is not None
    connection = socket.create_connection(("127.0.0.1", place.port))
    connection.sendall(frame(0x01, uuid.UUID(place.id).bytes))
    return connection


def speak(connection: socket.socket, samples: array[int]) -> None:
    for start in range(0, len(samples), 160):
        connection.sendall(frame(0x10, samples[start : start + 160].tobytes()))


def test_a_leg_is_read_while_it_speaks_and_whole_when_it_pauses(
    captioner: tuple[Settings, Captioner, list[Caption], Counting],
) -> None:
    settings, _, told, _ = captioner
    with call_there(settings) as connection:
        speak(connection, noise(0.5))
        speak(connection, tone(1.0))
        until(lambda: any(not each.is_over for each in told))
        speak(connection, noise(0.6))
        until(lambda: any(each.is_over for each in told))
    over = next(each for each in told if each.is_over)
    assert (over.linkedid, over.extension, over.language, over.number) == ("1763600010.1", "", "zh", 1)
    assert over.text == "声声声"
    assert over.draft == ""


def test_a_reader_that_fails_costs_one_utterance(
    captioner: tuple[Settings, Captioner, list[Caption], Counting],
) -> None:
    settings, _, told, counting = captioner
    counting.broken = True
    with call_there(settings) as connection:
        speak(connection, tone(1.0))
        speak(connection, noise(0.6))
        until(lambda: any(each.is_over for each in told))
        assert told[-1].text == ""
        counting.broken = False
        speak(connection, tone(1.0))
        speak(connection, noise(0.6))
        until(lambda: told[-1].is_over and told[-1].number == 2)
    assert told[-1].text


@pytest.mark.rule("T31")
def test_who_was_not_asked_to_call_is_not_heard(
    captioner: tuple[Settings, Captioner, list[Caption], Counting],
) -> None:
    settings, _, told, _ = captioner
    place = asking.ask(settings, LEG)
    assert place is not None
    with socket.create_connection(("127.0.0.1", place.port)) as stranger:
        stranger.sendall(frame(0x01, uuid.uuid4().bytes))
        stranger.settimeout(5)
        assert stranger.recv(1) == b""
    assert told == []


def test_there_are_only_so_many_legs_and_a_place_is_free_again(
    captioner: tuple[Settings, Captioner, list[Caption], Counting],
) -> None:
    settings, captioner_, _, _ = captioner
    connections = [call_there(settings) for _ in range(MOST_LEGS)]
    assert asking.ask(settings, LEG) is None
    for each in connections:
        each.close()
    until(lambda: captioner_.legs == 0)
    with closing(call_there(settings)):
        pass


@pytest.mark.parametrize(
    "question", [b"\n", b"[]\n", b"{}\n", b'{"linkedid": 5}\n', b"\xff" * 100 + b"\n", b"[" * 4000 + b"\n"]
)
def test_a_question_that_is_none_gets_no_answer(
    captioner: tuple[Settings, Captioner, list[Caption], Counting], question: bytes
) -> None:
    settings = captioner[0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        asker.connect(str(asking.address(settings)))
        asker.sendall(question)
        asker.settimeout(5)
        assert asker.recv(10) == b""
    assert asking.ask(settings, LEG) is not None


@pytest.mark.rule("T31")
def test_a_socket_in_somebody_elses_folder_is_not_asked(
    captioner: tuple[Settings, Captioner, list[Caption], Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = captioner[0]
    assert asking.ask(settings, LEG) is not None
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert asking.ask(settings, LEG) is None


def test_without_a_captioner_there_is_no_place(tmp_path: Path) -> None:
    assert asking.ask(Settings.model_validate({"home": tmp_path}), LEG) is None


def test_reading_does_not_hold_up_who_is_speaking() -> None:
    said, over = tone(60.0), threading.Event()
    faults: list[BufferError] = []

    def speak_on() -> None:
        try:
            while not over.is_set():
                said.extend(said[:160])
                del said[-160:]
        except BufferError as error:  # an array that somebody looks at cannot grow
            faults.append(error)

    speaking = threading.Thread(target=speak_on)
    speaking.start()
    for _ in range(10):
        wide(said)
    over.set()
    speaking.join()
    assert faults == []
