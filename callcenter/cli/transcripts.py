"""Commands about speech: transcribe a file, the list of prompts."""

from __future__ import annotations

import dataclasses
import enum
import json
from pathlib import Path
from typing import Annotated

import typer

prompts_app = typer.Typer(help="What the desk says to callers and staff.", no_args_is_help=True)


class Language(enum.StrEnum):
    """What the desk speaks and understands."""

    ZH = "zh"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command("transcribe")(transcribe)
    app.add_typer(prompts_app, name="prompts")


def transcribe(
    file: Annotated[Path, typer.Argument(help="a WAV file, 16-bit PCM")],
    language: Annotated[Language, typer.Option(help="the language spoken")],
) -> None:
    """Print what is said in a sound file, as JSON."""
    from callcenter.settings import Settings
    from transcripts import models
    from transcripts.audio import read_audio
    from transcripts.errors import ModelMissing

    settings = Settings()
    audio = read_audio(file)
    recogniser = models.choose(settings, language)
    if recogniser is None:
        raise ModelMissing(models.why_none(settings, language))
    typer.echo(json.dumps(dataclasses.asdict(recogniser.transcribe(audio)), ensure_ascii=False))


@prompts_app.command("list")
def prompts_list() -> None:
    """Print every prompt as a line of JSON."""
    from callcenter.prompts import prompts

    for prompt in prompts():
        line = {**dataclasses.asdict(prompt), "file": str(prompt.file)}
        typer.echo(json.dumps(line, ensure_ascii=False))
