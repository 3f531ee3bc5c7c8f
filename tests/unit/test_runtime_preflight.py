"""What is looked at before a start."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from callcenter.runtime import preflight
from callcenter.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with ExitStack() as held:  # all at once, so that no two are the same
        ports = []
        for kind in (socket.SOCK_DGRAM, *[socket.SOCK_STREAM] * 3):
            probe = held.enter_context(socket.socket(socket.AF_INET, kind))
            probe.bind(("127.0.0.1", 0))
            ports.append(int(probe.getsockname()[1]))
    sip, agi, ami, web = ports
    return Settings(
        home=tmp_path / "not" / "yet",
        sip_port=sip,
        agi_port=agi,
        ami_port=ami,
        web_port=web,
        rtp_ports="21000-21019",
    )


def test_free_ports_are_all_well(settings: Settings) -> None:
    assert [check.name for check in preflight.ports(settings) if not check.ok] == []


@pytest.mark.parametrize(
    ("field", "kind", "setting"),
    [
        ("sip_port", socket.SOCK_DGRAM, "SHOUWEN_SIP_PORT"),
        ("agi_port", socket.SOCK_STREAM, "SHOUWEN_AGI_PORT"),
        ("ami_port", socket.SOCK_STREAM, "SHOUWEN_AMI_PORT"),
        ("web_port", socket.SOCK_STREAM, "SHOUWEN_WEB_PORT"),
    ],
)
def test_a_taken_port_is_named_with_its_setting(
    settings: Settings, field: str, kind: socket.SocketKind, setting: str
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", getattr(settings, field)))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(preflight.NotReady, match=setting) as caught:
            preflight.before_start(settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("taken", "ok"), [(1, True), (2, False)])
def test_a_tenth_of_the_audio_ports_may_be_taken(settings: Settings, taken: int, ok: bool) -> None:
    # Ten even ports, 21000 to 21018.
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(taken)]
    try:
        for number, each in enumerate(held):
            each.bind(("127.0.0.1", 21000 + 2 * number))
        assert list(preflight.ports(settings))[-1].ok == ok
    finally:
        for each in held:
            each.close()


def test_a_host_name_that_does_not_resolve_is_a_warning_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "no-such-host.invalid")

    def unknown(name: str) -> str:
        raise socket.gaierror(socket.EAI_NONAME, name)

    monkeypatch.setattr(socket, "gethostbyname", unknown)
    check = preflight.host_name()
    assert not check.ok
    assert not check.required
    assert '"127.0.1.1 no-such-host.invalid" to /etc/hosts' in check.detail


def test_disk_space_is_measured_where_the_home_will_be(settings: Settings) -> None:
    assert preflight.disk(settings).ok
    assert not settings.home.exists()
