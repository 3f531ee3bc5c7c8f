"""What can go wrong between a recording and its text."""

from __future__ import annotations

from callcenter.errors import ShouwenError


class TranscriptsError(ShouwenError):
    """The recording cannot be transcribed."""


class ModelMissing(TranscriptsError):
    """There is no speech model for this language: run `shouwen models get whisper-base`."""


class EngineFailed(TranscriptsError):
    """The recogniser failed."""


class AudioUnreadable(TranscriptsError):
    """The sound file cannot be read: it has to be a WAV file with 16-bit PCM samples."""
