"""Phones, callers and the JSON API of an instance, for the benchmarks that talk like people."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from bench.instance import LOOPBACK, Instance
from callcenter.softphone import IncomingCall, Phone


class Desk:
    """What the instance's demo-accounts.json opens."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.accounts: dict[str, Any] = json.loads((instance.home / "demo-accounts.json").read_text("utf-8"))
        self.server = (LOOPBACK, instance.sip_port)

    async def phone(self, extension: str) -> Phone:
        """A registered desk phone."""
        person = next(each for each in self.accounts["staff"] if each["extension"] == extension)
        phone = await Phone.open(server=self.server, user=extension, password=person["sip_password"])
        await phone.register()
        return phone

    def get(self, path: str) -> Any:
        """What the JSON API says."""
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self.instance.web_port}/api/v1{path}",
            headers={"Authorization": f"Bearer {self.accounts['api_token']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def calls(self) -> list[dict[str, Any]]:
        """Every call there is, newest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"/calls?limit=500{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    async def until(self, look: Callable[[], Any], within_s: float = 30, every_s: float = 0.01) -> Any:
        """The first true value of `look`, asked in a thread; TimeoutError after `within_s`."""
        deadline = time.monotonic() + within_s
        while True:
            found = await asyncio.to_thread(look)
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError("not in time")
            await asyncio.sleep(every_s)


async def ringing(phone: Phone, timeout_s: float = 15) -> IncomingCall:
    """The next call that still rings at that phone."""
    while True:
        call = await phone.next_call(timeout_s)
        if not call.is_ended:
            return call
