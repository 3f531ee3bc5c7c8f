"""What can be wrong with a sound."""

from __future__ import annotations

from callcenter.errors import ShouwenError


class SoundError(ShouwenError):
    """The sound cannot be used."""


class SoundUnreadable(SoundError):
    """This is no sound file that can be read: make it a WAV, MP3, M4A, OGG, FLAC or WebM file."""


class SoundTooLarge(SoundError):
    """The sound file is too large."""


class SoundTooLong(SoundError):
    """The sound is too long."""


class SoundSilent(SoundError):
    """There is nothing to hear in the sound: record it again, closer to the microphone."""
