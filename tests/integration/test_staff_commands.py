"""`shouwen db`, `staff` and `token` against a real PostgreSQL."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.domain.staff import Role
from callcenter.services import accounts, staff
from tests.conftest import UowFactory


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    """The test's own home and database."""
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", database_url)
    monkeypatch.setenv("SHOUWEN_HOME", str(tmp_path))


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["shouwen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_somebody_is_added_and_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], uow_factory: UowFactory
) -> None:
    add = ("staff", "add", "--extension", "105", "--name", "赵六", "--console-user", "zhaoliu", "--no-rung")
    assert run(monkeypatch, *add) == 0
    shown = capsys.readouterr().out
    sip, console = re.fullmatch(
        r"SIP user 105, password (\S+)\nconsole user zhaoliu, password (\S+)\n", shown
    ).groups()  # type: ignore[union-attr] # no match fails the test as well
    with uow_factory() as uow:
        assert [phone.sip_ha1 for phone in staff.phones(uow)] == [staff.sip_ha1("105", sip)]
        now = datetime.now(UTC)
        login = accounts.log_in(uow, username="zhaoliu", password=console, address="::1", now=now)
        assert isinstance(login, accounts.Login)
    assert run(monkeypatch, "staff", "list") == 0
    assert capsys.readouterr().out == "105\t赵六\tstaff\tnot rung\ton duty\tzhaoliu\n"
    assert run(monkeypatch, *add) == 1
    assert "zhaoliu already" in capsys.readouterr().err


def test_a_token_is_printed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], uow_factory: UowFactory
) -> None:
    assert run(monkeypatch, "token", "create", "--role", "manager", "--name", "report") == 0
    secret = capsys.readouterr().out.strip()
    with uow_factory() as uow:
        token = accounts.resolve_token(uow, secret, datetime.now(UTC))
    assert token is not None
    assert (token.name, token.role) == ("report", Role.MANAGER)
    assert run(monkeypatch, "token", "create", "--role", "king", "--name", "report") == 2


def test_an_upgrade_of_a_current_database_is_harmless(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "db", "upgrade") == 0
    assert "is at revision" in capsys.readouterr().out
