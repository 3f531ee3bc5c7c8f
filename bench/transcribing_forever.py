"""A recogniser that never rests: `python -m bench.transcribing_forever FILE`; one line once the model is loaded."""

from __future__ import annotations

import sys
from pathlib import Path

from callcenter.settings import Settings
from transcripts import models
from transcripts.audio import read_audio


def main() -> None:
    """Transcribe the same file until killed."""
    recogniser = models.choose(Settings(), "zh")
    if recogniser is None:
        raise SystemExit(models.why_none(Settings(), "zh"))
    audio = read_audio(Path(sys.argv[1]))
    recogniser.transcribe(audio)
    sys.stdout.write("loaded\n")
    sys.stdout.flush()
    while True:
        recogniser.transcribe(audio)


if __name__ == "__main__":
    main()
