"""Asterisk's configuration as it is written: every word filled in, and where its files come from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from callcenter import asterisk_files
from callcenter.domain.staff import StaffPhone
from callcenter.runtime import asterisk_config, asterisk_process, home
from callcenter.runtime.asterisk_config import InstalledAsterisk
from callcenter.settings import Settings

PLACE = InstalledAsterisk(modules=Path("/somewhere/modules"), data=Path("/somewhere/data"))
STAFF = [StaffPhone(extension="101", name="王敏", sip_ha1="0" * 32, rung=True, on_duty=True)]


def rendered(tmp_path: Path, **chosen: object) -> Path:
    settings = Settings.model_validate({"home": tmp_path / "home", **chosen})
    home.prepare(settings)
    asterisk_config.render(settings, PLACE, STAFF)
    return asterisk_process.configuration(settings).parent


def test_every_word_is_filled_in_and_every_included_file_is_there(tmp_path: Path) -> None:
    etc = rendered(tmp_path)
    for file in etc.glob("*.conf"):
        text = file.read_text("utf-8")
        assert not re.search(r"@[A-Z_]+@", text), file.name
        for included in re.findall(r"^#include (\S+)", text, re.MULTILINE):
            assert (etc / included).is_file(), f"{file.name} includes {included}"
    assert "astmoddir => /somewhere/modules" in (etc / "asterisk.conf").read_text("utf-8")
    assert "member => PJSIP/101,0,王敏,PJSIP/101" in (etc / "queue_members.conf").read_text("utf-8")


def test_without_an_external_address_the_transport_names_none(tmp_path: Path) -> None:
    assert "external_media_address" not in (rendered(tmp_path) / "pjsip.conf").read_text("utf-8")


def test_an_external_address_stands_in_the_transport(tmp_path: Path) -> None:
    etc = rendered(
        tmp_path, external_address="203.0.113.5", local_networks="127.0.0.0/8,192.168.1.0/24", bind="0.0.0.0"
    )
    transport = (etc / "pjsip.conf").read_text("utf-8").partition("[transport-udp]")[2].partition("\n[")[0]
    assert transport.strip().splitlines()[2:] == [
        "bind = 0.0.0.0:5060",
        "external_media_address = 203.0.113.5",
        "external_signaling_address = 203.0.113.5",
        "local_net = 127.0.0.0/8",
        "local_net = 192.168.1.0/24",
    ]


def test_several_addresses_of_a_trunk(tmp_path: Path) -> None:
    etc = rendered(tmp_path, trunk_host="127.0.0.1, 203.0.113.10")
    assert "match = 127.0.0.1,203.0.113.10\n" in (etc / "pjsip.conf").read_text("utf-8")


def test_files_that_a_wheel_installed_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "share" / "asterisk-config"
    monkeypatch.setattr(asterisk_files, "folders", lambda: (tmp_path / "no checkout", installed))
    with pytest.raises(asterisk_files.AsteriskFilesMissing, match="run `make setup`"):
        asterisk_files.asterisk_files()
    shutil.copytree(Path(__file__).parents[2] / "asterisk-config", installed)
    assert asterisk_files.asterisk_files() == installed
