"""An upload becomes what Asterisk plays: decoded in a process of its own, checked, levelled, trimmed, at both rates."""

from __future__ import annotations

import hashlib
import threading

from callcenter.domain.own_prompts import LARGEST, SHORTEST_S, Converted, Doubt, RecordingRefused, Refusal
from callcenter.errors import ShouwenError

DEADLINE_S = 15.0
SPARE_S = 10.0
"""Silence at the ends is cut off, so that a file may be so much longer than its prompt."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes a processor and up to half a gigabyte for a moment; a third waits, and is refused after DEADLINE_S."""
_CLIPPED_HEAVILY, _CLIPPED = 0.02, 0.0005
"""Shares of samples in cut-off peaks: speech that was recorded at three times full scale has 0.04 and more."""
_NOISE_BELOW_SPEECH_DB = 20.0
_QUIET_DBFS = -40.0


class ConversionFailed(ShouwenError):
    """The recording could not be converted just now: try again."""


def convert(content: bytes, longest_s: float) -> Converted:
    """Check an upload and convert it. Raises RecordingRefused; ConversionFailed when there is no room for the work."""
    from callcenter.sound.errors import SoundSilent, SoundTooLarge, SoundTooLong, SoundUnreadable

    if not _AT_ONCE.acquire(timeout=DEADLINE_S):
        raise ConversionFailed
    try:
        return _converted(content, longest_s)
    except SoundSilent as error:
        raise RecordingRefused(Refusal.SILENT, longest_s) from error
    except SoundTooLong as error:
        raise RecordingRefused(Refusal.TOO_LONG, longest_s) from error
    except SoundTooLarge as error:
        raise RecordingRefused(Refusal.TOO_LARGE, longest_s) from error
    except SoundUnreadable as error:
        raise RecordingRefused(Refusal.UNREADABLE, longest_s) from error
    except (OSError, MemoryError) as error:
        raise ConversionFailed from error
    finally:
        _AT_ONCE.release()


def _converted(content: bytes, longest_s: float) -> Converted:
    # only who converts needs the mathematics: every console would carry 30 MB of it
    from callcenter.sound.apart import decode_apart
    from callcenter.sound.errors import SoundSilent
    from callcenter.sound.quality import quality
    from callcenter.sound.samples import TELEPHONE_HZ, WIDEBAND_HZ, is_silent
    from callcenter.sound.shape import prepared
    from callcenter.sound.wav import wav_bytes

    if not content:
        raise RecordingRefused(Refusal.EMPTY, longest_s)
    sound = decode_apart(content, max_bytes=LARGEST, max_s=longest_s + SPARE_S, deadline_s=DEADLINE_S)
    if sound.seconds < SHORTEST_S:
        raise RecordingRefused(Refusal.TOO_SHORT, longest_s)
    if sound.damaged or _is_cut_off(content):
        raise RecordingRefused(Refusal.DAMAGED, longest_s)
    if is_silent(sound.samples, sound.rate_hz):
        raise SoundSilent
    measured = quality(sound.samples, sound.rate_hz)
    if measured.clipped > _CLIPPED_HEAVILY:
        raise RecordingRefused(Refusal.CLIPPED, longest_s)
    wide = prepared(sound.samples, sound.rate_hz, WIDEBAND_HZ)
    narrow = prepared(sound.samples, sound.rate_hz, TELEPHONE_HZ)
    seconds = len(wide) / WIDEBAND_HZ
    if seconds > longest_s:
        raise RecordingRefused(Refusal.TOO_LONG, longest_s)
    doubts = {
        Doubt.CLIPPED: measured.clipped > _CLIPPED,
        Doubt.NOISY: measured.noise_dbfs > measured.speech_dbfs - _NOISE_BELOW_SPEECH_DB,
        Doubt.QUIET: measured.speech_dbfs < _QUIET_DBFS,
    }
    return Converted(
        sha256=hashlib.sha256(content).hexdigest(),
        seconds=round(seconds, 3),
        doubts=tuple(doubt for doubt, holds in doubts.items() if holds),
        wav8=wav_bytes(narrow, TELEPHONE_HZ),
        wav16=wav_bytes(wide, WIDEBAND_HZ),
    )


def _is_cut_off(content: bytes) -> bool:
    """Whether a WAV file holds less than it says: readers of sound make do with what is there."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return False
    stated = int.from_bytes(content[4:8], "little")
    # a writer that could not go back to the beginning says nothing, or all ones
    return stated not in (0, 0xFFFFFFFF) and stated + 8 > len(content) + 1
