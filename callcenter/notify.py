"""The way out of the product to a person: Apprise behind one function; no other file imports it.

What may be an address is a list of services, not everything that Apprise knows: nothing that writes files, runs
programs or shows windows on this machine; no parameters that name files or turn off the check of certificates.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
import warnings
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from callcenter.domain.reminders import Address
from callcenter.errors import ShouwenError

log = logging.getLogger(__name__)

CONNECT_S, READ_S = 5.0, 10.0
LIMIT_S = 20.0
"""Seconds for one delivery, whatever the receiver does."""
MOST_HANGING = 8
"""Deliveries that may still hang on receivers that never end; beyond that none is begun."""
LONGEST_URL = 1000

FREE_HOSTS = frozenset(
    {"mailto", "mailtos", "json", "jsons", "ntfy", "ntfys", "gotify", "gotifys", "bark", "barks"}
)
"""Services whose host is in the address: it could lead into this machine."""
FIXED_HOSTS = frozenset({"wecombot", "dingtalk", "feishu", "lark", "wxpusher", "pushplus", "schan"})
PARAMETERS = frozenset({"to", "from", "name", "smtp", "user", "pass", "mode", "cc", "bcc", "secret", "topic"})


class BadAddress(ShouwenError):
    """This address cannot be used."""


class Sender(Protocol):
    """Delivers one message."""

    def send(self, address: Address, title: str, body: str) -> str | None:
        """None once the receiver has taken it; else why not, in words that hold no secret."""


def check_address(url: str, *, trusted: bool) -> str:
    """What may be shown of the address: the service and its host. Raises BadAddress.

    `trusted`: a manager puts it in, so it may lead to this machine itself (a gateway beside the product).
    """
    scheme, parts = _parts(url)
    strange = sorted(
        {
            key
            for key, _ in parse_qsl(parts, keep_blank_values=True)
            if key not in PARAMETERS and not (key.startswith("+") and scheme in ("json", "jsons"))
        }
    )
    if strange:
        raise BadAddress(f"the parameter {strange[0][:20]!r} is not allowed")
    plugin = _plugin(url)
    if plugin is None:
        raise BadAddress(f"this is no complete address of {scheme}://")
    host = _host(plugin) if scheme in FREE_HOSTS else ""
    if host and not trusted and _is_own_literal(host):
        raise BadAddress("only a manager may put in an address of this machine")
    return f"{scheme}://{host or '…'}"


def _parts(url: str) -> tuple[str, str]:
    """The scheme, if it is one of ours, and the query."""
    if len(url) > LONGEST_URL or re.search(r"[\s\x00-\x1f]", url):
        raise BadAddress("an address is one line without spaces, at most 1000 characters")
    if "#" in url or ";" in url:
        # Apprise reads parameters behind these; `urlsplit` and `parse_qsl` do not
        raise BadAddress("write # as %23 and ; as %3B")
    scheme, found, _ = url.partition("://")
    scheme = scheme.lower()
    if not found or scheme not in FREE_HOSTS | FIXED_HOSTS:
        known = ", ".join(sorted(FREE_HOSTS | FIXED_HOSTS))
        raise BadAddress(f"write an address of one of these services: {known}")
    try:
        return scheme, urlsplit(url).query
    except ValueError as error:
        raise BadAddress(f"this is no complete address of {scheme}://") from error


class AppriseSender:
    """Delivers through Apprise, each time within 20 s."""

    def __init__(self) -> None:
        """Nothing is loaded before the first delivery."""
        self._hanging = threading.BoundedSemaphore(MOST_HANGING)

    def send(self, address: Address, title: str, body: str) -> str | None:
        """See Sender. A receiver that takes it after the time limit may get it twice."""
        if not self._hanging.acquire(blocking=False):
            return "too many receivers hang"
        outcome: list[str | None] = []

        def deliver() -> None:
            try:
                outcome.append(_deliver(address, title, body))
            except Exception as error:
                # an exception's text may hold the address
                outcome.append(f"it failed ({type(error).__name__})")
            finally:
                self._hanging.release()

        thread = threading.Thread(target=deliver, name="delivery", daemon=True)
        thread.start()
        thread.join(LIMIT_S)
        return outcome[0] if outcome else f"no answer within {LIMIT_S:.0f} s"


def _deliver(address: Address, title: str, body: str) -> str | None:
    plugin = _plugin(address.url)
    if plugin is None:
        return "the address is not understood any more"
    scheme = address.url.partition("://")[0].lower()
    if scheme in FREE_HOSTS and not address.trusted and _leads_here(_host(plugin)):
        return "the address leads to this machine"
    plugin.socket_connect_timeout = CONNECT_S
    plugin.socket_read_timeout = READ_S
    with _Overheard() as heard:
        done = plugin.notify(body=body, title=title)
    return None if done else heard.reason


def _plugin(url: str) -> Any:
    """Apprise's plugin for the address; None if it knows none. It follows no redirects and keeps no files."""
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        http_redirects=False,
        storage_mode="memory",
        app_id="Shouwen",
        app_desc="",
        app_url="",
        async_mode=False,
    )
    try:
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except (TypeError, ValueError):
        return None


def _host(plugin: Any) -> str:
    return str(getattr(plugin, "smtp_host", "") or getattr(plugin, "host", "") or "").strip("[]")


def _is_own_literal(host: str) -> bool:
    """Whether the name alone says that it is this machine."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        # 127.1 and 2130706433 are 127.0.0.1 too, to those who connect
        return _is_own(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        pass
    return _is_own(host)


def _is_own(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    # an IPv4 address may be wrapped into one of IPv6
    address = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address.is_reserved
    )


def _leads_here(host: str) -> bool:
    """Whether the name resolves to this machine, now. (Whoever owns the name could change it a moment later.)"""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(_is_own(str(entry[4][0])) for entry in found)


_LOGGER = logging.getLogger("apprise")
_LOADING = threading.Lock()


def _apprise() -> Any:
    """The library, loaded when first needed: half a second. What it logs may hold hosts and keys: it stays here."""
    with _LOADING:
        if not _LOGGER.propagate:
            import apprise

            return apprise
        _LOGGER.propagate = False
        _LOGGER.addHandler(logging.NullHandler())
        with warnings.catch_warnings():
            # its plugins, all loaded at the first address, import modules that Python is about to drop
            warnings.simplefilter("ignore", DeprecationWarning)
            import apprise

            apprise.Apprise.instantiate("json://localhost")
    return apprise


class _Overheard(logging.Handler):
    """Listens to what Apprise says in this thread and keeps the kind of fault alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.reason = "the receiver did not take it"
        self._thread = threading.get_ident()

    def __enter__(self) -> _Overheard:
        _LOGGER.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        _LOGGER.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note."""
        if record.thread != self._thread:
            return
        said = record.getMessage()
        if found := re.search(r"error=(\d{3})\b", said):
            self.reason = f"the receiver answered {found[1]}"
        elif "onnection" in said or "SMTP" in said or "Socket" in said:
            self.reason = "the receiver could not be reached"
