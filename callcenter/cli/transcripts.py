"""Commands about speech: transcribe a file."""

from __future__ import annotations

import dataclasses
import enum
import json
from pathlib import Path
from typing import Annotated

import typer


class Language(enum.StrEnum):
    """What the desk speaks and understands."""

    ZH = "zh"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command("transcribe")(transcribe)


def transcribe(
    file: Annotated[Path, typer.Argument(help="a WAV file, 16-bit PCM")],
    language: Annotated[Language, typer.Option(help="the language spoken")],
) -> None:
    """Print what is said in a sound file, as JSON."""
    from callcenter.settings import Settings
    from transcripts import models
    from transcripts.audio import read_audio
    from transcripts.errors import ModelMissing
    from transcripts.listening import finished

    settings = Settings()
    audio = read_audio(file)
    recogniser = models.choose(settings, language)
    if recogniser is None:
        raise ModelMissing(models.why_none(settings, language))
    heard = finished(recogniser.transcribe(audio), language)
    typer.echo(json.dumps(dataclasses.asdict(heard), ensure_ascii=False))
