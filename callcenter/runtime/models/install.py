"""Has models in the cache on an operator's behalf. Commands alone import this: what serves calls never fetches."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from callcenter.runtime.models import quiet, store
from callcenter.runtime.models.catalogue import find
from callcenter.runtime.models.fetch import fetch
from callcenter.settings import Settings


def get(
    settings: Settings,
    name: str,
    console: Console,
    *,
    origin: Path | None = None,
    at_once: bool = False,
) -> Path:
    """Have a model in the cache, and return its folder; there already: nothing happens.

    It comes from `origin` (a file or folder) and nowhere else, if that is given; else from the folders in
    `SHOUWEN_SPEECH_MODELS`, then from the network, which waits while there are calls unless `at_once`.
    Raises UnknownModel, ModelUnavailable, NoSpace.
    """
    model = find(name)
    wait = quiet.never_busy(console) if at_once else quiet.Quiet(lambda: quiet.channels(settings), console)
    return fetch(
        model,
        store.folder(settings),
        console,
        local=[origin] if origin else settings.speech_model_places,
        only_local=origin is not None,
        quiet=wait,
    )
