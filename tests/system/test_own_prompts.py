"""A centre's own recording through the whole product: sent by a program, listened to, heard by the next caller."""

from __future__ import annotations

import time
import wave

import httpx
import numpy as np
import pytest

from callcenter.softphone.call import Call
from tests.polling import until, until_async
from tests.system.product import LOOPBACK, VOICES, Product

pytestmark = pytest.mark.anyio

OWN = VOICES / "zh-briefing-01.wav"
LIKE = 0.6
"""Least correlation with where it was heard: G.711 alone leaves 0.99, other speech reaches 0.3."""


def said(call: Call) -> bool:
    """Whether the caller heard the recording, by the greatest normalised cross-correlation with a second of it."""
    with wave.open(str(OWN)) as file:
        own = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)[8000:16000]
    heard = np.frombuffer(call.received, "<i2").astype(np.float64)
    if len(heard) < len(own):
        return False
    size = len(heard) + len(own)
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(own, size)), size)
    energy = np.convolve(heard**2, np.ones(len(own)), "valid")
    return bool((product[: len(energy)] / np.sqrt((energy + 1) * (own @ own))).max() >= LIKE)


async def test_the_next_caller_hears_it(product: Product) -> None:
    address = f"http://{LOOPBACK}:{product.environment['SHOUWEN_WEB_PORT']}/api/v1/prompts/zh/closed"
    headers = {"authorization": f"Bearer {product.accounts['api_token']}"}
    before = {name: product.the(name).pid for name in ("asterisk", "shouwen agi")}
    with httpx.Client(headers=headers, timeout=20) as program:
        files = {"file": ("下班.wav", OWN.read_bytes(), "audio/wav")}
        kept = program.post(f"{address}/versions", data={"actor": "104"}, files=files)
        assert kept.status_code == 201, kept.text
        version = kept.json()["version"]
        live = {"actor": "104", "version": version}
        assert program.post(f"{address}/live", json=live).status_code == 409
        program.get(f"{address}/versions/{version}", params={"actor": "104"})
        assert program.post(f"{address}/live", json=live).status_code == 200
        link = product.home / "asterisk" / "sounds" / "zh" / "closed.wav"
        began = time.monotonic()
        until(lambda: link.resolve().is_relative_to(product.home / "prompts"), 10)
        assert time.monotonic() - began < 5
        async with product.caller("13800000127") as outside:
            call = await outside.dial("8001")
            await until_async(lambda: said(call), 12)
            await call.hangup()
            taken_back = program.post(f"{address}/live", json={"actor": "104", "version": 0})
            assert taken_back.status_code == 200
            until(lambda: not link.resolve().is_relative_to(product.home), 10)
            call = await outside.dial("8001")
            await call.wait_audio()
            await call.wait_tone(1000, 20)  # the beep, after the product's own voice
            assert not said(call)
            await call.hangup()
    assert {name: product.the(name).pid for name in before} == before
