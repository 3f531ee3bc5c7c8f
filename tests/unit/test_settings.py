"""Settings: from the environment, from the files of secrets, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from callcenter import settings as module
from callcenter.settings import Settings

ADDRESS = "postgresql://shouwen:secret@database/shouwen"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "SECRETS", tmp_path)
    monkeypatch.delenv("SHOUWEN_DATABASE_URL", raising=False)
    return tmp_path


def test_a_secret_file_gives_a_setting(secrets: Path) -> None:
    (secrets / "shouwen_database_url").write_text(f"{ADDRESS}\n")
    assert Settings().database_url == ADDRESS


def test_the_environment_goes_before_a_secret_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (secrets / "shouwen_database_url").write_text(ADDRESS)
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", "postgresql://elsewhere/shouwen")
    assert Settings().database_url == "postgresql://elsewhere/shouwen"


def test_other_files_beside_the_secrets_are_left_alone(secrets: Path) -> None:
    (secrets / "postgres_password").write_text("secret")
    assert Settings().database_url is None


def test_a_machine_without_secrets_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECRETS", tmp_path / "none")
    monkeypatch.delenv("SHOUWEN_DATABASE_URL", raising=False)
    assert Settings().database_url is None


def test_a_wrong_value_in_a_secret_file_is_refused(secrets: Path) -> None:
    (secrets / "shouwen_sip_port").write_text("70000")
    with pytest.raises(ValidationError, match="sip_port"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trunk_host", "203.0.113.10\nmatch=0.0.0.0/0"),
        ("trunk_host", ""),
        ("external_address", "203.0.113.5, 203.0.113.6"),
        ("external_address", "203.0.113.5\nbind=0.0.0.0"),
        ("local_networks", "my office"),
        ("rtp_ports", "10999-10000"),
        ("time_zone", "Asia/Nowhere"),
    ],
)
def test_what_could_spoil_a_configuration_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


def test_networks_are_written_alike() -> None:
    settings = Settings.model_validate({"local_networks": "127.0.0.0/8, 192.168.1.7/24"})
    assert settings.local_networks == "127.0.0.0/8,192.168.1.0/24"


@pytest.mark.parametrize("bind", ["nonsense", "127.0.0.1\n[evil]", "", "127.0.0.1:80"])
def test_an_address_to_listen_on_is_an_address(bind: str) -> None:
    with pytest.raises(ValidationError, match="write an address of this machine"):
        Settings(bind=bind)


def test_no_two_parts_share_a_port() -> None:
    with pytest.raises(ValidationError, match="another port than SHOUWEN_AGI_PORT's"):
        Settings(agi_port=4573, web_port=4573)
