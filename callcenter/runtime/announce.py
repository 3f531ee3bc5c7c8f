"""What `shouwen run` tells the person in front of it once all is well."""

from __future__ import annotations

import json
import logging
from typing import Any

from rich.console import Console

from callcenter.errors import ShouwenError
from callcenter.runtime import web_health
from callcenter.settings import Settings

logger = logging.getLogger(__name__)


def addresses(settings: Settings, console: Console) -> None:
    """Print where the console is, whom to log in as, how to register a phone, and what to dial."""
    console.print()
    console.print(f"Console: [bold]http://{web_health.host(settings)}:{settings.web_port}/[/bold]")
    try:
        accounts: dict[str, Any] = json.loads(settings.demo_accounts.read_text())
    except FileNotFoundError:
        return
    for person in accounts["staff"]:
        # Plain lines: a narrow table would break a password in two.
        console.print(
            f"  {person['name']} ({person['role']}): console {person['console_user']} / "
            f"{person['console_password']}, phone {person['extension']} / {person['sip_password']}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    phone = accounts["staff"][0]["extension"]
    console.print(
        f"Softphone: server {web_health.host(settings)}, port {settings.sip_port} (UDP), user = the phone's "
        f"number, such as {phone}, and its password. "
        f"Then dial [bold]{accounts['line']}[/bold] from any other SIP phone.",
        highlight=False,
    )
    console.print()


def demo_calls(settings: Settings, console: Console) -> None:
    """Place the demonstration calls, once for each SHOUWEN_HOME."""
    done = settings.home / "demo-calls-placed"
    if done.exists():
        console.print("Demonstration calls were placed at an earlier start: see the page Calls.")
        return
    try:
        # Only here: the softphone is not needed without demonstration calls.
        from callcenter.runtime.demo import place_demo_calls

        place_demo_calls(settings, console)
    except ShouwenError as error:
        console.print(f"warning: the demonstration calls failed: {error}", markup=False)
    except Exception:
        # In a thread of its own: nobody else would hear of it.
        logger.exception("demonstration calls failed")
        console.print("warning: the demonstration calls failed")
    else:
        done.touch()
