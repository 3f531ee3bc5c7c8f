"""Staff, logins and tokens on a real PostgreSQL."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from callcenter.bootstrap import seed_demo, staff_phones
from callcenter.domain.calls import Person
from callcenter.domain.staff import BadExtension, Role
from callcenter.services import accounts, staff
from callcenter.services.accounts import LoggedIn, Login, LoginRefused
from callcenter.settings import Settings
from tests.conftest import UowFactory

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def password(uow_factory: UowFactory) -> str:
    """Wang's console password."""
    with uow_factory() as uow:
        new = staff.add_staff(
            uow, extension="101", name="王敏", role=Role.STAFF, console_user="wangmin", now=NOW
        )
        uow.commit()
    assert new.console_password is not None
    return new.console_password


def log_in(
    factory: UowFactory,
    password: str,
    *,
    user: str = "wangmin",
    address: str = "192.0.2.1",
    at: datetime = NOW,
) -> Login | LoginRefused:
    """One attempt, committed as the web does."""
    with factory() as uow:
        result = accounts.log_in(uow, username=user, password=password, address=address, now=at)
        uow.commit()
    return result


def test_a_login_lasts_until_it_runs_out_is_idle_or_ends(uow_factory: UowFactory, password: str) -> None:
    login = log_in(uow_factory, password, user=" WangMin ")
    assert isinstance(login, Login)
    wang = LoggedIn(person=Person(extension="101", name="王敏"), role=Role.STAFF, csrf=login.csrf)
    idle = accounts.LOGIN_IDLE
    with uow_factory() as uow:
        assert accounts.resolve_login(uow, login.token, NOW + idle - timedelta(seconds=1)) == wang
        # seen then, so the two hours start anew
        assert accounts.resolve_login(uow, login.token, NOW + idle + timedelta(minutes=30)) == wang
        assert accounts.resolve_login(uow, login.token, NOW + 3 * idle) is None
        assert accounts.resolve_login(uow, login.token, login.expires_at) is None
        assert accounts.resolve_login(uow, "nonsense\ud800", NOW) is None
        accounts.log_out(uow, login.token)
        assert accounts.resolve_login(uow, login.token, NOW) is None


def test_secrets_are_stored_as_hashes_alone(uow_factory: UowFactory, password: str) -> None:
    login = log_in(uow_factory, password)
    assert isinstance(login, Login)
    with uow_factory() as uow:
        secret = accounts.create_token(uow, name="wall board", role=Role.STAFF, now=NOW)
        stored = "\n".join(
            row
            for table in ("web_login", "staff", "api_token")
            for row in uow.session.execute(text(f"SELECT t::text FROM {table} t")).scalars()
        )
    for clear in (login.token, password, secret):
        assert clear not in stored


def test_the_fifth_failure_locks_and_each_further_one_doubles_it(
    uow_factory: UowFactory, password: str
) -> None:
    at = NOW
    waits = []
    for _ in range(13):
        refused = log_in(uow_factory, "wrong", at=at)
        assert isinstance(refused, LoginRefused)
        waits.append(refused.wait.total_seconds())
        at += refused.wait
    assert waits == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]
    locked = log_in(uow_factory, password, at=at - timedelta(seconds=1))
    assert locked == LoginRefused(wait=timedelta(seconds=1))
    assert isinstance(log_in(uow_factory, password, at=at), Login)
    assert log_in(uow_factory, "wrong", at=at) == LoginRefused(wait=timedelta(0))


def test_an_unknown_user_is_throttled_like_a_known_one(uow_factory: UowFactory) -> None:
    results = [log_in(uow_factory, "wrong", user="nobody\0") for _ in range(6)]
    assert [result.wait.total_seconds() for result in results if isinstance(result, LoginRefused)] == [
        *[0] * 4,
        15,
        15,
    ]


def test_an_address_is_locked_for_all_users_after_twenty(uow_factory: UowFactory, password: str) -> None:
    for number in range(20):
        log_in(uow_factory, "wrong", user=f"user{number}")
    assert log_in(uow_factory, password) == LoginRefused(wait=timedelta(seconds=15))
    assert isinstance(log_in(uow_factory, password, address="192.0.2.2"), Login)


def test_tokens(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        secret = accounts.create_token(uow, name="report", role=Role.MANAGER, now=NOW)
        found = accounts.resolve_token(uow, secret, NOW)
        assert found is not None
        assert (found.name, found.role, found.last_used_at) == ("report", Role.MANAGER, None)
        again = accounts.resolve_token(uow, secret, NOW + timedelta(hours=1))
        assert again is not None
        assert again.last_used_at == NOW
        assert accounts.resolve_token(uow, secret + "x", NOW) is None


def test_a_new_phone(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        new = staff.add_staff(uow, extension="201", name="赵六", role=Role.STAFF, rung=False, now=NOW)
        assert new.console_password is None
        assert len(new.sip_password) >= 20
        (phone,) = staff.phones(uow)
        assert phone.sip_ha1 == staff.sip_ha1("201", new.sip_password)
        assert (phone.name, phone.rung, phone.on_duty) == ("赵六", False, True)
        staff.set_on_duty(uow, "201", False)
        assert [member.on_duty for member in staff.list_staff(uow)] == [False]
        with pytest.raises(staff.UnknownStaff):
            staff.set_on_duty(uow, "202", True)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"extension": "101"}, staff.ExtensionTaken),
        ({"extension": "8000"}, BadExtension),
        ({"extension": "1"}, BadExtension),
        ({"extension": "12a"}, BadExtension),
        ({"console_user": "wangmin"}, staff.ConsoleUserTaken),
        ({"console_user": "Wang Min"}, staff.BadConsoleUser),
        ({"name": ""}, staff.BadName),
        ({"name": 'x" <sip:1>'}, staff.BadName),
        ({"name": "王" * 65}, staff.BadName),
    ],
)
@pytest.mark.usefixtures("password")
def test_what_cannot_be_added(
    uow_factory: UowFactory, changes: dict[str, str], error: type[Exception]
) -> None:
    values = {"extension": "105", "name": "赵六"} | changes
    with uow_factory() as uow, pytest.raises(error):
        staff.add_staff(uow, role=Role.STAFF, now=NOW, **values)  # type: ignore[arg-type] # all of them are texts


def test_somebody_known_from_calls_alone_can_be_added(uow_factory: UowFactory) -> None:
    with uow_factory() as uow:
        uow.staff.know(Person(extension="105", name="105"))
        assert staff.phones(uow) == []
        staff.add_staff(uow, extension="105", name="赵六", role=Role.STAFF, now=NOW)
        assert [member.name for member in staff.list_staff(uow)] == ["赵六"]


def test_demo_staff_are_added_once_and_written_down(settings: Settings, uow_factory: UowFactory) -> None:
    assert seed_demo(settings)
    assert stat.S_IMODE(settings.demo_accounts.stat().st_mode) == 0o600
    content = json.loads(settings.demo_accounts.read_text(encoding="utf-8"))
    assert not seed_demo(settings)
    assert json.loads(settings.demo_accounts.read_text(encoding="utf-8")) == content
    assert (set(content), content["line"]) == ({"line", "staff", "api_token"}, "8000")
    keys = {"extension", "name", "sip_password", "console_user", "console_password", "role"}
    assert all(set(person) == keys for person in content["staff"])
    assert [(person["extension"], person["role"]) for person in content["staff"]] == [
        ("101", "staff"),
        ("102", "staff"),
        ("103", "staff"),
        ("104", "manager"),
    ]
    phones = staff_phones(settings)
    assert [phone.rung for phone in phones] == [True, True, True, False]
    assert all(phone.on_duty for phone in phones)
    for person in content["staff"]:
        login = log_in(uow_factory, person["console_password"], user=person["console_user"])
        assert isinstance(login, Login)
    with uow_factory() as uow:
        token = accounts.resolve_token(uow, content["api_token"], NOW)
    assert token is not None
    assert token.role is Role.MANAGER
