"""What strangers send is decoded in a process of its own: a file that breaks FFmpeg breaks nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np

from callcenter.sound import errors
from callcenter.sound.decode import DEADLINE_S, MAX_BYTES, MAX_S, Sound, decode

_MEMORY_BYTES = 3 * 1024**3
_START_S = 10.0
"""What Python takes to start on a busy machine."""


def decode_apart(
    content: bytes,
    rate_hz: int | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    max_s: float = MAX_S,
    deadline_s: float = DEADLINE_S,
) -> Sound:
    """As `decode` does, in a process with limited memory and time; some 0.3 s slower. The same errors."""
    if len(content) > max_bytes:
        raise errors.SoundTooLarge(
            f"the sound file is larger than {max_bytes / 1_000_000:.0f} MB: make it shorter"
        )
    # a file that takes the process over finds no password there
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWEN_")}
    limits = {"rate_hz": rate_hz, "max_bytes": max_bytes, "max_s": max_s, "deadline_s": deadline_s}
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, json.dumps(limits)],
            input=content,
            capture_output=True,
            timeout=deadline_s + _START_S,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise errors.SoundUnreadable("the sound file takes too long to read: make it a WAV file") from error
    head, _, raw = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise errors.SoundUnreadable
    told = json.loads(head)
    if "error" in told:
        raise getattr(errors, told["error"])(told["message"])
    return Sound(np.frombuffer(raw, np.float32), told["rate_hz"], told["damaged"])


def main() -> None:
    """The process: the file on standard input, a line of JSON and the samples on standard output."""
    import resource

    limits = json.loads(sys.argv[1])
    seconds = int(limits["deadline_s"] + _START_S)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        sound = decode(sys.stdin.buffer.read(), **limits)
    except errors.SoundError as error:
        out.write(json.dumps({"error": type(error).__name__, "message": str(error)}).encode())
        return
    out.write(json.dumps({"rate_hz": sound.rate_hz, "damaged": sound.damaged}).encode() + b"\n")
    out.write(sound.samples.tobytes())


if __name__ == "__main__":
    main()
