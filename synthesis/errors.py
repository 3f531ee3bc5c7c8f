"""What can go wrong between a text and its sound."""

from __future__ import annotations

from callcenter.errors import ShouwenError


class SynthesisError(ShouwenError):
    """The text could not be spoken."""


class VoiceMissing(SynthesisError):
    """There is no model that speaks: run `shouwen models get kokoro`."""


class VoiceBroken(SynthesisError):
    """The model that speaks cannot be used: run `shouwen models remove kokoro`, then `shouwen models get kokoro`."""


class NothingToSay(SynthesisError):
    """There is nothing in the text that can be spoken: write it in Chinese or English."""


class TextTooLong(SynthesisError):
    """The text is too long to be spoken."""


class VoiceFailed(SynthesisError):
    """The voice failed."""
