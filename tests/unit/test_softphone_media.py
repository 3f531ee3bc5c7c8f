"""RTP packets, telephone events, descriptions and what the ear makes of packets."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.softphone import audio, rtp, sdp, tone
from callcenter.softphone.ear import Ear
from callcenter.softphone.udp import Stamp


def test_a_packet_is_read_back() -> None:
    packet = rtp.Packet(101, 65_535, 0xFFFFFFFF, 7, b"abcd", marker=True)
    assert rtp.parse_packet(packet.encode()) == packet


@pytest.mark.parametrize("data", [b"", b"\x80" * 11, b"\x00" * 12, b"\x90" + b"\x00" * 11])
def test_what_is_no_packet_is_none(data: bytes) -> None:
    assert rtp.parse_packet(data) is None


def test_extension_sources_and_padding_are_no_payload() -> None:
    head = bytes([0xB1, 0]) + bytes(10)
    extension = b"\x00\x01\x00\x01" + b"\x00" * 4
    packet = rtp.parse_packet(head + b"\x00" * 4 + extension + b"xy" + b"\x00\x02")
    assert packet is not None
    assert packet.payload == b"xy"


def test_a_digit_of_100_ms_has_five_frames_and_three_ends() -> None:
    # 100 ms = 5 frames: 160, 320, 480, 640 and the end at 800, three times; a gap of 100 ms = 5 frames, two
    # of them are the copies of the end.
    frames = rtp.digit_frames("#", tone_ms=100, gap_ms=100)
    events = [rtp.parse_event(frame.payload) for frame in frames if frame.payload]
    assert events == [("#", False, 160 * n) for n in range(1, 5)] + [("#", True, 800)] * 3
    assert [frame.starts for frame in frames] == [True] + [False] * 9
    assert [frame.payload is None for frame in frames[-3:]] == [True] * 3


@pytest.mark.parametrize("codec", [sdp.PCMU, sdp.PCMA])
def test_g711_keeps_what_it_codes(codec: int) -> None:
    codes = bytes(range(256))
    linear = audio.decode(codes, codec)
    again = audio.decode(audio.encode(linear.astype("<i2").tobytes(), codec), codec)
    assert np.array_equal(linear, again)
    assert abs(int(audio.decode(audio.SILENCE[codec], codec)[0])) <= 8
    assert int(np.abs(linear).max()) in (32_124, 32_256)  # the ends of mu-law and A-law, ITU-T G.711


def test_a_tone_is_told_from_another_and_from_noise() -> None:
    block = np.frombuffer(tone(1000, 0.02), dtype="<i2")
    noise = np.random.default_rng(1).integers(-8000, 8000, 160).astype(np.int16)
    assert audio.tone_share(block, 1000) > 0.99
    assert audio.tone_share(block, 500) < 0.01
    assert audio.tone_share(noise, 1000) < 0.2
    assert audio.tone_share(np.zeros(160, dtype=np.int16), 1000) == 0
    assert audio.rms(block) == pytest.approx(8000 / 2**0.5, rel=0.01)


def test_a_wave_file_of_another_rate_is_brought_to_8_khz(tmp_path: Path) -> None:
    path = str(tmp_path / "a.wav")
    audio.save_wav(path, tone(1000, 0.5))
    assert audio.load_wav(path) == tone(1000, 0.5)
    at = np.arange(12_000) / 24_000
    samples = (8000 * np.sin(2 * np.pi * 1000 * at)).astype("<i2")
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(samples.tobytes())
    brought = np.frombuffer(audio.load_wav(path), dtype="<i2")
    assert len(brought) == 4000
    assert audio.tone_share(brought[800:960], 1000) > 0.99


def test_an_offer_is_read_back_and_answered() -> None:
    offer = sdp.Description(address=("127.0.0.1", 4000), codecs=(0, 8), event_type=101, direction="sendonly")
    body = sdp.build_sdp(offer, origin=1, version=2)
    assert sdp.parse_sdp(body) == offer
    assert sdp.answer_direction("sendonly") == "recvonly"
    old_hold = body.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0").replace(b"a=sendonly\r\n", b"")
    read = sdp.parse_sdp(old_hold)
    assert read is not None
    assert read.direction == "inactive"


@pytest.mark.parametrize("body", [b"", b"v=0", b"m=video 1 RTP/AVP 9\r\nc=IN IP4 1.2.3.4", b"\xff\xff"])
def test_a_body_without_audio_is_none(body: bytes) -> None:
    assert sdp.parse_sdp(body) is None


def test_the_ear_fills_what_was_not_sent_and_counts_a_digit_once() -> None:
    async def scenario() -> None:
        ear = Ear()
        loud = audio.encode(tone(1000, 0.02), 0)

        def hear(sequence: int, at_s: float, payload: bytes, kind: int = 0, timestamp: int = 0) -> None:
            ear.hear(rtp.Packet(kind, sequence, timestamp, 9, payload), 101, Stamp(at_s, at_s))

        hear(1, 10.0, loud)
        hear(1, 10.0, loud)  # a copy
        hear(2, 10.5, loud)
        assert len(ear.pcm) // 2 == 4000 + 160  # half a second at 8 kHz, then one frame
        for end in (b"\x05\x0a\x00\xa0", b"\x05\x8a\x01\x40", b"\x05\x8a\x01\x40", b"\x05\x8a\x01\x40"):
            hear(3, 10.6, end, kind=101, timestamp=77)
        assert ear.digits == "5"
        await ear.wait_tone(1000, 20, 0.1)

    asyncio.run(scenario())
