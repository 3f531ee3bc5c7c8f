"""`shouwen web` as a process: it ends in time with browsers still connected, and logs no query and no number."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect
from websockets.typing import Origin

from callcenter.settings import Settings
from tests.polling import until
from tests.support.desk import Desk
from tests.support.web_fixtures import csrf_of

CODE = """
import logging, sys
from callcenter.settings import Settings
from web.app import run_web
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
run_web(Settings())
"""
STOPS_WITHIN_S = 3


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_it_ends_within_three_seconds_of_sigterm(settings: Settings, desk: Desk, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "web.log"
    environment = {
        **os.environ,
        "SHOUWEN_HOME": str(settings.home),
        "SHOUWEN_DATABASE_URL": str(settings.database_url),
        "SHOUWEN_WEB_PORT": str(port),
        "SHOUWEN_AGI_PORT": str(free_port()),
        "SHOUWEN_AMI_PORT": str(free_port()),
    }
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", CODE], env=environment, stderr=output)
    try:
        with httpx.Client(base_url=address) as client:

            def health() -> dict[str, Any]:
                try:
                    body: dict[str, Any] = client.get("/api/v1/health").json()
                except httpx.TransportError:
                    return {}
                return body if body["parts"]["database"] == "ok" else {}

            body = until(health, within_s=30)
            assert body["status"] == "down"  # no Asterisk in this test
            page = client.get("/login?lang=en&secret=in-a-query")
            fields = {
                "username": "wangmin",
                "password": desk.passwords["101"],
                "csrf_token": csrf_of(page.text),
            }
            assert client.post("/login", data=fields).status_code == 303
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            with connect(
                f"ws://127.0.0.1:{port}/ws/board",
                additional_headers={"cookie": cookie},
                origin=Origin(address),
            ) as board:
                assert "board" in str(board.recv(timeout=5))
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                process.wait(10)
                assert time.monotonic() - began < STOPS_WITHIN_S
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert "method=GET route=/login status=200" in said
    for secret in ("in-a-query", desk.passwords["101"], "13200132007", "Traceback"):
        assert secret not in said, said
