"""Addresses of reminders that try to say more than what is allowed in them."""

from __future__ import annotations

import pytest

from callcenter.notify import BadAddress, check_address


@pytest.mark.parametrize(
    "url",
    [
        # Apprise ends a parameter at a semicolon too, and looks for parameters behind a hash.
        "jsons://gate.example/?to=a;verify=no",
        "jsons://gate.example/?to=a;format=html;overflow=split",
        "jsons://gate.example/#x?verify=no",
        "jsons://gate.example/x#?verify=no",
        "mailtos://u:p@gate.example/?to=a@b.example#;verify=no",
        "jsons://gate.example/?to=a&%76erify=no",
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_a_parameter_cannot_hide_behind_another(url: str, trusted: bool) -> None:
    with pytest.raises(BadAddress):
        check_address(url, trusted=trusted)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "0.0.0.0",
        "0x7f000001",
        "2130706433",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "safe.example@127.0.0.1",
        "user@127.0.0.1@safe.example",
    ],
)
def test_staff_lead_no_message_into_this_machine(host: str) -> None:
    with pytest.raises(BadAddress):
        check_address(f"json://{host}/", trusted=False)


def test_headers_and_escaped_characters_stay_possible() -> None:
    for url in ("json://gate.example/?%2BX-Key=1", "jsons://gate.example/?to=a%3Bb%23c"):
        assert check_address(url, trusted=False).endswith("://gate.example")
