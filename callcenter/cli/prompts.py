"""Commands about prompts: list them, render their sound files."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import Annotated

import typer

prompts_app = typer.Typer(help="What the desk says to callers and staff.", no_args_is_help=True)


class Language(enum.StrEnum):
    """What the desk speaks."""

    ZH = "zh"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.add_typer(prompts_app, name="prompts")


@prompts_app.command("list")
def prompts_list() -> None:
    """Print every prompt as a line of JSON."""
    from callcenter.prompts import prompts

    for prompt in prompts():
        line = {
            "key": prompt.key,
            "language": prompt.language,
            "text": prompt.text,
            "file": str(prompt.file),
        }
        typer.echo(json.dumps(line, ensure_ascii=False))


@prompts_app.command("render")
def prompts_render(
    only: Annotated[list[str] | None, typer.Option(help="this prompt alone; may be given again")] = None,
    language: Annotated[Language | None, typer.Option(help="in this language alone")] = None,
    into: Annotated[
        Path | None, typer.Option(help="folder of the files, instead of the product's own")
    ] = None,
) -> None:
    """Speak the prompts into sound files, at 8 and at 16 kHz (needs `shouwen models get kokoro`)."""
    from callcenter.prompts import prompts, sounds_folder
    from callcenter.runtime.models import store
    from callcenter.settings import Settings
    from synthesis.errors import VoiceMissing
    from synthesis.kokoro import Kokoro
    from synthesis.rendering import MADE, UnknownPrompt, render, render_made

    listed = prompts()
    unknown = sorted(set(only or ()) - {prompt.key for prompt in listed} - set(MADE))
    if unknown:
        raise UnknownPrompt(f"there is no prompt {', '.join(unknown)}: `shouwen prompts list` names them")
    folder = into or sounds_folder()
    wanted = [
        prompt
        for prompt in listed
        if (not only or prompt.key in only) and (language is None or prompt.language == language)
    ]
    model = store.installed(Settings(), "kokoro")
    if wanted and model is None:
        raise VoiceMissing
    for key in MADE:
        if not only or key in only:
            render_made(key, folder, [language] if language else list(Language))
    if model is None or not wanted:
        return
    speaker = Kokoro(model)
    for prompt in wanted:
        seconds = render(speaker, prompt, folder)
        typer.echo(f"{prompt.language} {prompt.key}: {seconds:.2f} s")
