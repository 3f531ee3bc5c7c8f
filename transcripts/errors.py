"""What can go wrong between a recording and its text."""

from __future__ import annotations

from typing import ClassVar

from callcenter.domain.transcripts import Cause
from callcenter.errors import ShouwenError


class TranscriptsError(ShouwenError):
    """The recording cannot be transcribed."""

    cause: ClassVar[Cause] = Cause.ENGINE_FAILED


class ModelMissing(TranscriptsError):
    """There is no speech model for this language: run `shouwen models get whisper-base`."""

    cause = Cause.NO_MODEL


class EngineFailed(TranscriptsError):
    """The recogniser failed."""


class EngineCrashed(EngineFailed):
    """The recogniser's process ended in the middle of the recording."""

    cause = Cause.CRASHED


class EngineTooLarge(EngineFailed):
    """The recogniser needed more memory than it may have."""

    cause = Cause.OUT_OF_MEMORY


class EngineTooSlow(EngineFailed):
    """The recogniser gave no answer in time."""

    cause = Cause.TOO_SLOW


class AudioUnreadable(TranscriptsError):
    """The sound file cannot be read: it is no sound that we know, such as a WAV file."""

    cause = Cause.UNREADABLE


class AudioMissing(AudioUnreadable):
    """The sound file cannot be read: it is not there."""

    cause = Cause.FILE_MISSING


class AudioRefused(AudioUnreadable):
    """The sound file is not read: it is no plain file within the folder of recordings."""

    cause = Cause.FILE_REFUSED
