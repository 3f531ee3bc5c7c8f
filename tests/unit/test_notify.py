"""What may be an address of a reminder, and what may be seen of it."""

from __future__ import annotations

import pytest

from callcenter.notify import BadAddress, check_address


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "exec://rm",
        "syslog://",
        "https://example.com/hook",
        "dbus://",
        "mailto://",
        "wecombot://",
        "json://host/?verify=no",
        "json://host/?redirect=yes",
        "mailto://a:b@example.com?pgp=encrypt&pgpkey=/etc/passwd",
        "json://a b",
        "json://host\n",
        "json://" + "a" * 2000,
        "json://[::1",
        "nonsense",
        "",
    ],
)
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        check_address(url, trusted=True)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0.0.0.0", "169.254.169.254", "[::1]"],
)
def test_only_a_manager_may_lead_into_this_machine(host: str) -> None:
    with pytest.raises(BadAddress, match="only a manager"):
        check_address(f"json://{host}:8080/x", trusted=False)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mailto://user:geheim@mail.example.com", "mailto://mail.example.com"),
        ("wecombot://geheim-key-1234", "wecombot://…"),
        ("jsons://u:geheim@gateway.school.cn/geheim", "jsons://gateway.school.cn"),
    ],
)
def test_of_an_address_only_service_and_host_are_shown(url: str, shown: str) -> None:
    assert check_address(url, trusted=False) == shown
