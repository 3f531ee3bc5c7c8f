"""Key 9 through the whole product: real prompts are compared with what the caller's telephone received."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.prompts import sounds_folder
from callcenter.softphone.call import Call
from tests.polling import until_async
from tests.system.product import Product, nothing_private_in_logs

pytestmark = pytest.mark.anyio

VOICES = Path(__file__).parents[1] / "voices"
LIKE = 0.6
"""Least correlation of a prompt with where it was heard: over the music it was 0.97, that of others 0.27 at most."""


def said(call: Call, language: str, key: str) -> bool:
    """Whether that prompt was heard, by the greatest normalised cross-correlation."""
    with wave.open(str(sounds_folder() / language / f"{key}.wav")) as file:
        prompt = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)[800:8800]
    heard = np.frombuffer(call.received, "<i2").astype(np.float64)
    if len(heard) < len(prompt):
        return False
    size = len(heard) + len(prompt)
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(prompt, size)), size)
    energy = np.convolve(heard**2, np.ones(len(prompt)), "valid")
    likeness = product[: len(energy)] / np.sqrt((energy + 1) * (prompt @ prompt))
    return bool(likeness.max() >= LIKE)


async def hears(call: Call, language: str, key: str, within_s: float = 12) -> None:
    await until_async(lambda: said(call, language, key), within_s, f"{language}/{key}")


async def test_nine_is_heard_written_down_and_remembered(product: Product) -> None:
    number = "13800000109"
    async with product.caller(number) as outside:
        call = await outside.dial("8000")
        await hears(call, "zh", "welcome")
        await call.send_digits("9")
        await hears(call, "en", "language-now")
        # nobody is there: the recording, in English
        await hears(call, "en", "no-answer")
        await call.send_digits("5")
        await call.wait_tone(1000)
        await call.play_to_end(VOICES / "en-message-01.wav")
        await call.hangup()
        number_of = (await product.call(number, "ticket", 3))["ticket"]
        assert (await product.call(number, "ended_at", 3))["outcome"] == "callback"

        again = await outside.dial("8000")
        await hears(again, "en", "welcome")
        await hears(again, "zh", "language-offer")
        await again.send_digits("9")
        await hears(again, "zh", "language-now")
        await again.hangup()

        last = await outside.dial("8000")
        await hears(last, "en", "language-offer")
        assert said(last, "zh", "welcome")
        assert not said(last, "en", "welcome")
        await last.hangup()
    ticket = await product.ticket_when(number_of, lambda found: found["transcript"]["state"] != "pending", 90)
    assert ticket["transcript"]["state"] == "done"
    assert ticket["transcript"]["text"].isascii(), "the recogniser of the call's language wrote it down"
    nothing_private_in_logs(product.home, number)
