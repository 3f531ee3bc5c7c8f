"""A voice's process whose texts say what it does: `python -m tests.support.hand_voice FD`."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing.connection import Connection

from synthesis.errors import VoiceMissing


def main() -> None:
    """Answer until the other side is gone."""
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                text, _ = connection.recv()
            except (EOFError, OSError):
                return
            if text == "die":
                os._exit(9)
            if text == "slow":
                time.sleep(0.3)
            if text == "hang":
                time.sleep(600)
            connection.send(VoiceMissing() if text == "missing" else str(os.getpid()).encode())


if __name__ == "__main__":
    main()
