"""`shouwen agi`, `web`, `worker`: the processes that `shouwen run` keeps running, also to be run one by one."""

from __future__ import annotations

import logging

import typer

from callcenter.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def agi() -> None:
        """Serve FastAGI beside an Asterisk, watch its events, bring the journal to the database."""
        from agi.main import run_agi

        run_agi(_begin())

    @app.command()
    def web() -> None:
        """Serve the console and the JSON API."""
        from web.app import run_web

        run_web(_begin())

    @app.command()
    def worker() -> None:
        """Transcribe recordings and do what is due."""
        from transcripts.worker import run_worker

        run_worker(_begin())


def _begin() -> Settings:
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    return Settings()
