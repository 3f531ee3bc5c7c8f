"""docker-compose.yml agrees with the compose specification, with our settings, and with what it promises."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from callcenter.settings import Settings

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "tests" / "data" / "compose-spec" / "compose-spec.json"
ONE_OFF = {"setup", "prepare"}
"""Services that end when their work is done: waited for, not watched."""
Service = dict[str, Any]


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docker-compose.yml").read_text("utf-8")


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = compose["services"]
    return found


def ours(services: dict[str, Service]) -> dict[str, str]:
    """The SHOUWEN_ variables of our own processes."""
    given: dict[str, str] = services["agi"]["environment"]
    return {name: str(value) for name, value in given.items() if name.startswith("SHOUWEN_")}


def test_it_follows_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    problems = [
        f"{error.json_path}: {error.message}" for error in Draft201909Validator(schema).iter_errors(compose)
    ]
    assert problems == []


def test_every_variable_is_a_setting(text: str) -> None:
    known = {f"SHOUWEN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"SHOUWEN_[A-Z_]+", text)) - known == set()


def test_the_settings_are_valid_and_alike_in_every_process(services: dict[str, Service]) -> None:
    given = ours(services)
    values = {
        name.removeprefix("SHOUWEN_").lower(): re.sub(r"\$\{\w+(?::-(.*)|:\?.*)\}", r"\1", value)
        or "203.0.113.5"
        for name, value in given.items()
    }
    Settings.model_validate(values)
    for name in ("web", "worker", "prepare"):
        assert services[name]["environment"] == services["agi"]["environment"]


def test_captions_are_made_only_where_they_are_wanted(services: dict[str, Service]) -> None:
    assert {name for name, service in services.items() if "profiles" in service} == {"captions"}
    assert ours(services)["SHOUWEN_CAPTIONS"] == "${SHOUWEN_CAPTIONS:-off}"


def test_only_the_console_and_sip_are_published(services: dict[str, Service]) -> None:
    given = ours(services)
    settings = Settings(rtp_ports=given["SHOUWEN_RTP_PORTS"])
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {
        "node": [
            f"127.0.0.1:{settings.web_port}:{settings.web_port}",
            f"{settings.sip_port}:{settings.sip_port}/udp",
            f"{settings.rtp_ports}:{settings.rtp_ports}/udp",
        ]
    }
    assert all("host" not in str(service.get("network_mode", "")) for service in services.values())


def test_the_containers_know_their_own_network(compose: dict[str, Any], services: dict[str, Service]) -> None:
    (subnet,) = compose["networks"]["default"]["ipam"]["config"]
    assert subnet["subnet"] in ours(services)["SHOUWEN_LOCAL_NETWORKS"].split(",")


def test_ports_that_are_not_set_are_the_defaults(services: dict[str, Service]) -> None:
    given = ours(services)
    assert not {"SHOUWEN_WEB_PORT", "SHOUWEN_SIP_PORT", "SHOUWEN_AGI_PORT", "SHOUWEN_AMI_PORT"} & set(given)
    defaults = Settings()
    assert str(defaults.agi_port) in services["agi"]["healthcheck"]["test"][-1]
    assert str(defaults.web_port) in services["web"]["healthcheck"]["test"][-1]


def test_what_speaks_fastagi_and_ami_shares_one_loopback(services: dict[str, Service]) -> None:
    sharing = {name for name, service in services.items() if service.get("network_mode") == "service:node"}
    assert sharing == {"asterisk", "agi", "web", "captions"}


def test_every_lasting_service_is_watched_and_started_again(services: dict[str, Service]) -> None:
    for name, service in services.items():
        if name in ONE_OFF:
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped"
            assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_whoever_is_waited_for_can_become_what_is_waited_for(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for other, wish in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in ONE_OFF else "service_healthy"
            assert wish["condition"] == expected, f"{name} waits for {other}"


def test_volumes_and_secrets_are_declared_and_used(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    mounted = {
        volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())
    }
    named = {source for source in mounted if not source.startswith(".")}
    assert named == set(compose["volumes"])
    for path in mounted - named:
        assert (ROOT / path).exists()
    assert {each for service in services.values() for each in service.get("secrets", ())} == set(
        compose["secrets"]
    )


def test_secrets_come_from_files_that_are_not_in_the_repository(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    assert [secret["file"] for secret in compose["secrets"].values()] == [
        f"./secrets/{name}" for name in compose["secrets"]
    ]
    assert "secrets/\n" in (ROOT / ".gitignore").read_text("utf-8")
    for service in services.values():
        for name in service.get("environment", {}):
            assert name.endswith("_FILE") or not re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", name)
    assert "shouwen_database_url" in {f"shouwen_{name}" for name in Settings.model_fields}


def test_what_is_copied_for_the_installation_exists(services: dict[str, Service]) -> None:
    script = services["setup"]["command"][-1]
    copied = re.search(r"for each in (.*); do", script)
    assert copied is not None
    assert all((ROOT / each).exists() for each in copied[1].split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {each.rstrip("*") for each in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= set(copied[1].split())
    assert "/checkout/requirements/run.txt" in script


def test_the_folder_of_modules_is_the_one_that_the_script_makes(services: dict[str, Service]) -> None:
    script = (ROOT / "deploy" / "asterisk.sh").read_text("utf-8")
    told = re.search(r"--modules (\S+)", services["prepare"]["command"][-1])
    assert told is not None
    assert f"asterisk/modules {told[1]}\n" in script
    user = services["agi"]["user"].partition(":")[0]
    assert f"--reuid={user} " in script
    assert f"-o {user} " in services["setup"]["command"][-1]
