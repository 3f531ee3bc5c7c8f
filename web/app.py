"""Puts the web process together: the console, the JSON API, the live board."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import uvicorn
from fastapi import FastAPI
from sqlalchemy import make_url

from callcenter.bootstrap import build_rules, unit_of_work_factory
from callcenter.db.address import database_url
from callcenter.db.engine import create_engine
from callcenter.fields_model import LocalModel
from callcenter.settings import Settings
from web import errors
from web.api.health import VERSION
from web.checks import checks_for
from web.console import Console
from web.headers import AccessLog, SecurityHeaders
from web.health import Checks, Health
from web.http_head import BoundedHttp
from web.i18n import speeches
from web.limits import BodyLimit
from web.live.board import Board
from web.live.captions import Captions
from web.live.listen import listen
from web.live.snapshot import Snapshot, read_snapshot
from web.proposing import Asking
from web.rate_limit import RateLimit
from web.rendering import Renderer
from web.routing import all_routes, document
from web.static_files import Kept
from web.wechat.desk import ServiceAccount

WORK_S, CONNECT_S, POOL_S = 1.4, 1.0, 0.3
"""Seconds for a transaction, of these for a new connection, and to wait for one that is free.

A database that freezes is known to have done so 1.2 s later (`web.health`, `web.checks`); whoever began to wait
until then is answered 1.4 s after that, which is within the three seconds of the contract.
"""
REPORT_S = 20.0
"""Seconds for a report: a year of a busy line is counted in a few."""


def utc_now() -> datetime:
    """The clock of the console."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    checks: Checks | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The application. Nothing is asked of anybody before it starts; tests may pass their own parts."""
    rulebook = build_rules(settings)
    engine = create_engine(database_url(settings), connect_s=CONNECT_S, pool_s=POOL_S)
    console = Console(
        settings=settings,
        open_work=unit_of_work_factory(settings, WORK_S, engine=engine, rules=rulebook),
        open_report=unit_of_work_factory(settings, REPORT_S, engine=engine, rules=rulebook),
        rulebook=rulebook,
        clock=clock,
        speeches=speeches(settings.zone),
        renderer=Renderer(),
        health=Health(checks or checks_for(settings)),
        asking=Asking(LocalModel(settings.fields_model)) if settings.fields_model else None,
    )

    def read() -> Snapshot:
        with console.work() as work:
            return read_snapshot(work, clock(), settings.zone)

    board, captions = Board(read), Captions()
    said = captions.take if settings.captions == "on" else None
    service_account = ServiceAccount(settings, console.work, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        console.health.start()
        service_account.drain.start()
        reading = asyncio.create_task(board.run())
        listening = asyncio.create_task(listen(driver_url(settings), board.changed, said))
        yield
        listening.cancel()
        board.stop()
        await asyncio.gather(reading, listening, return_exceptions=True)
        service_account.close()
        console.health.stop()
        engine.dispose()

    app = FastAPI(
        title="Shouwen",
        version=VERSION,
        routes=[*all_routes()],
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.console = console
    app.state.board = board
    app.state.captions = captions
    app.state.service_account = service_account
    app.state.looks = RateLimit(most=60, within_s=60)
    app.openapi = partial(document, app.title, app.version)  # type: ignore[method-assign]  # FastAPI's documented way
    errors.install(app)
    app.mount("/static", Kept(console.renderer.version))
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    return app


def driver_url(settings: Settings) -> str:
    """The database's address as the driver itself reads it."""
    url = make_url(database_url(settings)).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


STOP_S = 2
"""Answers under way get so long when the process is asked to end."""


def run_web(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then ends within three seconds."""
    uvicorn.run(
        create_app(settings),
        host=settings.bind,
        port=settings.web_port,
        loop="uvloop",
        http=BoundedHttp,
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=STOP_S,
        timeout_keep_alive=15,
    )
