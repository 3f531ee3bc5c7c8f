"""Opening a recording by its stored name: a plain file within the folder of recordings, or nothing."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from transcripts.errors import AudioMissing, AudioRefused, AudioUnreadable


def open_recording(folder: Path, name: str) -> BinaryIO:
    """The file for reading. Names come from a journal, so they are not trusted: no link is followed on the way.

    Raises AudioMissing, AudioRefused, AudioUnreadable.
    """
    parts = PurePosixPath(name).parts
    if not parts or "\0" in name or any(part in ("/", "..", "//") for part in parts):
        raise AudioRefused
    handle = -1
    try:
        # what the folder itself is called was set by whoever runs the desk
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts[:-1]:
            handle = _step(handle, part, os.O_DIRECTORY)
        handle = _step(handle, parts[-1], os.O_NONBLOCK)  # a pipe would let us wait for ever
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise AudioRefused
        file = os.fdopen(handle, "rb")
        handle = -1
        return file
    except FileNotFoundError as error:
        raise AudioMissing(f"the sound file cannot be read: {error.strerror}") from error
    except (NotADirectoryError, IsADirectoryError) as error:
        raise AudioRefused from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG):
            raise AudioRefused from error
        raise AudioUnreadable(f"the sound file cannot be read: {error.strerror}") from error
    finally:
        if handle >= 0:
            os.close(handle)


def _step(parent: int, name: str, flags: int) -> int:
    found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=parent)
    os.close(parent)
    return found
