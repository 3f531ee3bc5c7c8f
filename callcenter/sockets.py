"""Folders for Unix sockets: a socket's path must be short, however long SHOUWEN_HOME is."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

PATH_LIMIT = 107
"""Bytes of a Unix socket's path, without the final NUL (unix(7))."""


def socket_folder(wanted: Path, longest_name: str) -> Path:
    """A folder for Unix sockets: `wanted`, or one under the temporary folder when paths in it got too long.

    The short one is named after the long one, so that every process finds the same.
    """
    wanted = wanted.absolute()
    if len(os.fsencode(wanted / longest_name)) <= PATH_LIMIT:
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"shouwen-{os.geteuid()}-{digest}"
