"""A recogniser that never rests, as the worker keeps it: `python -m bench.transcribing_forever FILE`.

In the SHOUWEN_HOME of a running product it takes the worker's place, who has nothing to do there. It prints a line
once the model is loaded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from callcenter.settings import Settings
from transcripts.aside import Aside
from transcripts.audio import read_audio


def main() -> None:
    """Transcribe the same file until killed."""
    recogniser = Aside(Settings()).choose("zh")
    audio = read_audio(Path(sys.argv[1]))
    recogniser.transcribe(audio)
    sys.stdout.write("loaded\n")
    sys.stdout.flush()
    while True:
        recogniser.transcribe(audio)


if __name__ == "__main__":
    main()
